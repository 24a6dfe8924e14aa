#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# What goes wrong while disks are copied and verified: each ends with its
# sentence and leaves nothing; a difference is repaired; a killed copy goes on.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh

SIZE=$((32 * 1048576))
DISK="disk=/dev/sda,$SIZE,512,SER-1"
make_disk "$WORK/a.raw" 32

# begin [nbdkit arguments]: a new job with an overlay that was written to.
begin() {
  new_job
  start_broker 0 "$WORK/a.raw" "$@"
  make_overlay 0 $SIZE
  overlay_io 0 'write -P 7 1M 20k' 'write -z -u 4M 8M'
  : >"$WORK/reads.0"
}

# ---- reading fails ----
begin --filter=error error-file="$WORK/broken" error-pread=EIO error-pread-rate=100%
run_tool "$DISK" phases=plan || fail "plan before the disk breaks"
touch "$WORK/broken"
! run_tool "$DISK" phases=copy,verify,finish || fail "a read error ends the copy"
expect_error "read error" io 'Disk 0 \(/dev/sda\) cannot be read at byte [0-9]+ \(source\): .*error.*SMART'
expect_clean "read error"
rm "$WORK/broken"
stop_brokers

# ---- the source goes away ----
begin --filter=delay rdelay=500ms
run_tool "$DISK" phases=plan || fail "plan before the source goes"
(sleep 1; kill -KILL "${NBDKITS[@]}") &
! run_tool "$DISK" phases=copy,verify,finish || fail "a lost source ends the copy"
wait $! || true
expect_error "lost source" io "connection to the physical machine's disk 0 .*is lost"
expect_clean "lost source"
stop_brokers

# ---- cancel while reads are pending ----
begin --filter=delay rdelay=60
run_tool "$DISK" phases=plan || fail "plan before cancelling"
SECONDS=0
! run_tool "$DISK" phases=copy,verify,finish cancel_ms=500 || fail "cancel ends the copy"
expect_error "cancel" cancelled "cancelled"
[ $SECONDS -le 5 ] || fail "cancel is prompt ($SECONDS s)"
expect_clean "cancel"
kill -KILL "${NBDKITS[@]}" 2>/dev/null || true # before its readers wait out
stop_brokers

# ---- no space on the target ----
begin
mkdir "$WORK/small"
if mount -t tmpfs -o size=10M,mode=700 tmpfs "$WORK/small" 2>"$WORK/mount"; then
  trap 'umount "$WORK/small"; stop_brokers' EXIT
  ! run_tool "$DISK" os="$WORK/small" phases=plan,copy || fail "no room is found out"
  expect_error "no room, before the copy" space "has [0-9.]+ MiB free, the guest needs [0-9.]+ MiB.*p2v.os"
  [ -z "$(ls -A "$WORK/small")" ] || fail "no room leaves nothing"
  ! run_tool "$DISK" os="$WORK/small" phases=copy || fail "a full target ends the copy"
  expect_error "full while copying" space "no space is left.*Make room"
  [ -z "$(ls -A "$WORK/small")" ] || fail "a full target leaves nothing"
  ! run_tool "$DISK" os="$WORK/small" of=raw oa=preallocated phases=copy || fail "no room to reserve"
  expect_error "no room to reserve" space "has no room for web-sda.*Make room"
  [ -z "$(ls -A "$WORK/small")" ] || fail "no room to reserve leaves nothing"
  umount "$WORK/small"
  trap stop_brokers EXIT
else
  ok "full target # SKIP no tmpfs can be mounted here"
fi
stop_brokers

# ---- the target loses something between copy and verify ----
for format in raw qcow2; do
  begin
  run_tool "$DISK" of=$format phases=plan,copy || fail "$format: copy before the damage"
  image=$OUT/.web-sda.p2v-job1
  # Source, overlay, and where nothing lives.
  qemu-io -f $format -c 'write -P 99 64k 4k' -c 'write -P 99 1M 512' -c 'write -P 99 6M 1k' \
    "$image" >"$WORK/qemu-io"
  run_tool "$DISK" of=$format client=1 phases=verify,finish || fail "$format: damage is repaired"
  grep -q '3 pieces of the target were wrong after the copy' "$WORK/output" ||
    fail "$format: the report tells of the repair"
  grep -q 'differs from the source at byte 65536 ' "$WORK/output" || fail "$format: log names the byte"
  ok "$format: damage is repaired"
  qemu-img convert -O raw "$JOB/d0.qcow2" "$WORK/want.raw"
  check "$format: the repaired image is right" qemu-img compare -f raw -F $format "$WORK/want.raw" \
    "$OUT/web-sda"
  stop_brokers
done

# ---- the client's digest never fits ----
begin
python3 - "$JOB/d0.digests" <<'PYTHON'
import struct, sys
open(sys.argv[1], "wb").write(struct.pack("<QI", 65536, 65536) + bytes(16))
PYTHON
! run_tool "$DISK" client=1 phases=plan,copy,verify,finish || fail "a wrong piece ends the job"
expect_error "wrong for good" verify \
  'Disk 0 \(/dev/sda\): the target differs from what was read at byte 65536, also after it was copied again'
expect_clean "wrong for good"
stop_brokers

# ---- the copy is killed and goes on ----
begin --threads=1 --filter=delay rdelay=700ms
run_tool "$DISK" phases=plan || fail "plan before the kill"
"$TOOL" "$JOB" name=web os="$OUT" "$DISK" phases=copy >"$WORK/killed" 2>&1 &
tool=$!
sleep 3
kill -KILL $tool
wait $tool 2>/dev/null || true
if pgrep -f "qemu-nbd.*$JOB" >/dev/null; then sleep 1; fi
states() {
  python3 -c 'import sys
d = open(sys.argv[1], "rb").read()
print(sum(d[i + 13] > 0 for i in range(64, len(d), 32)), (len(d) - 64) // 32)' "$JOB/d0.blockmap"
}
read -r copied all <<<"$(states)"
[ -e "$OUT/.web-sda.p2v-job1" ] || fail "a killed copy keeps its image"
echo "# $copied of $all pieces were copied when it was killed"
stop_brokers
start_broker 0 "$WORK/a.raw"
: >"$WORK/reads.0"
run_tool "$DISK" client=1 phases=copy,verify,finish || fail "a killed copy goes on"
again=$(grep -c ' Read id=' "$WORK/reads.0" || true)
[ "$again" -le $((all - copied)) ] || fail "a killed copy reads only what is missing ($again)"
qemu-img convert -O raw "$JOB/d0.qcow2" "$WORK/want.raw"
check "a killed copy goes on" qemu-img compare -f raw -F qcow2 "$WORK/want.raw" "$OUT/web-sda"
stop_brokers

# ---- another process removes what a killed one made ----
begin
run_tool "$DISK" phases=plan,copy || fail "copy before abandoning"
[ -n "$(ls -A "$OUT")" ] || fail "there is something to remove"
run_tool "$DISK" abandon=1 || fail "abandon"
expect_clean "abandoned by another process"
run_tool "$DISK" client=1 phases=plan,copy,verify,finish || fail "a whole job"
run_tool "$DISK" abandon=1 || fail "abandon after the end"
check "a finished guest is not removed" ls "$OUT/web-sda" "$OUT/web.xml"
done_testing
