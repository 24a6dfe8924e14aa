#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# Jobs that die or stop in the middle of a copy go on, and what they made is right: their
# process is killed, the target is full or fails, a disk has a bad sector.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/saved.sh
. tests/lib/saved.sh
HELPERS=()
stop_all () {
  local pid
  for pid in ${CLIENT_PID:-} "${HELPERS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  sshd_stop
  umount -l "$WORK/out" "$WORK/state" "$WORK/bad" 2>/dev/null || true
}
trap stop_all EXIT

SOURCE=$WORK/disk.raw
# Random data, zeroes, and a partition table to know it by.
head -c 48M /dev/urandom >"$SOURCE"
truncate -s 64M "$SOURCE"
printf 'label: gpt\nstart=2048, size=65536\n' | sfdisk -q "$SOURCE" 2>/dev/null
SOURCE_SUM=$(sha256sum <"$SOURCE")
mkdir -p "$WORK/out"
OUT=$WORK/out
# Before the server's mount namespace is made.
mount -t tmpfs -o size=200M,mode=755 tmpfs "$OUT"
mkdir "$WORK/state"
mount -t tmpfs -o size=200M,mode=755 tmpfs "$WORK/state"
bench_start
# The real qemu-nbd, but for what a test puts before it.
mkdir "$WORK/wrapped"

some_copied () { [ "$(map_states | cut -d' ' -f2)" -gt 0 ]; }
goes_on () { [ "$(state_member phase)" = copy ] && [ "$(state_member pid)" != "$PID" ]; }
went_well () {
  [ "$CLIENT_STATUS" -eq 0 ] || { cat "$WORK/client.out"; tail -n 30 "$DIR/log"; return 1; }
}
# ends_well NAME
ends_well () {
  client_wait
  CLIENT_PID=
  check "$1" went_well
}
finish_case () {
  rm -f "$OUT"/*
  check "$1: nothing stays behind" expect_clean
  rm -rf "$P2V_STATE_DIR/jobs"/*
}

# ---- killed again and again while it copies ----
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 4000000 &
HELPERS+=($!)
wait_port "$link"
case_begin
setting port "$link"
saved_job
client_go
for _ in 1 2; do
  wait_until some_copied
  sleep 1
  PID=$(state_member pid)
  kill -KILL "$PID"
  echo "# planned, copied, verified, stale when it was killed: $(map_states)"
  wait_until goes_on
done
ends_well "a job whose process is killed twice while it copies ends well"
check "the target is right" target_is_right
check "and all of it was compared with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
check "none differed" test "$(figure disk0_verify_differences)" -eq 0
read_bytes=$(figure source_bytes_read_nbdkit)
check "little was read again ($read_bytes bytes of 64 MiB)" test "$read_bytes" -lt $((128 << 20))
finish_case "killed"

# ---- the target gets full while it copies ----
case_begin
setting port "$link"
setting of raw
saved_job
client_go
wait_until some_copied
mount -o remount,size=40M "$OUT"
check "a full target stops the job" wait_until state_is stopped
check "list says why and what to do" test "$(server list | grep -cE "$JOB.*stopped.*(room|free|space)")" -eq 1
check "the client says so and waits" wait_until grep -q "stopped: .*p2v-server resume $JOB" "$WORK/client.out"
! server resume nosuchjb 2>/dev/null || not_ok "resume of no job"
mount -o remount,size=200M "$OUT"
check "resume goes on with it" server resume "$JOB"
ends_well "and it ends well"
check "the target is right" qemu-img compare -f raw -F qcow2 "$OUT/guest-sda" "$WORK/expected.qcow2"
finish_case "full"

# ---- the job directory gets full ----
case_begin
setting port "$link"
saved_job
client_go
wait_until some_copied
dd if=/dev/zero of="$WORK/state/filler" bs=1M status=none 2>/dev/null || true
check "a full job directory stops the job" wait_until state_is stopped
rm "$WORK/state/filler"
check "with room it is resumed" server resume "$JOB"
ends_well "and ends well"
check "the target is right" target_is_right
check "no digest was lost" test "$(figure disk0_verified_without_client_record)" -eq 0
finish_case "full job directory"

# ---- the target's storage fails, and somebody cancels ----
cat >"$WORK/sshd/server/bin/qemu-nbd" <<'WRAPPER'
#!/bin/bash
for argument in "$@"; do
  [ "$argument" != --cache=writeback ] || [ ! -e "$P2V_STATE_DIR/broken" ] ||
    exec python3 "$(dirname "$0")/flip.py" flush:0 qemu-nbd "$@"
done
exec REAL "$@"
WRAPPER
sed -i "s|REAL|$(command -v qemu-nbd)|" "$WORK/sshd/server/bin/qemu-nbd"
install -m 644 tests/lib/flip.py "$WORK/sshd/server/bin"
sed -i "1a export REAL_QEMU_NBD=$(command -v qemu-nbd)" "$WORK/sshd/server/bin/qemu-nbd"
chmod 755 "$WORK/sshd/server/bin/qemu-nbd"
touch "$P2V_STATE_DIR/broken"
case_begin
saved_job
client_go
check "a target that does not write stops the job" wait_until state_is stopped
check "with its name" test "$(state_member message | grep -c "Flushing.*guest-sda")" -eq 1
server resume "$JOB" >/dev/null
check "resumed in vain it stops again" wait_until state_is stopped
rm "$P2V_STATE_DIR/broken"
server resume "$JOB" >/dev/null
ends_well "mended it ends well"
check "the target is right" target_is_right
finish_case "broken target"
touch "$P2V_STATE_DIR/broken"
case_begin
saved_job
client_go
wait_until state_is stopped
check "what is stopped can be cancelled" server cancel "$JOB"
client_wait
CLIENT_PID=
check "and its client ends" test "$CLIENT_STATUS" -ne 0
finish_case "cancelled"
rm "$WORK/sshd/server/bin/qemu-nbd"

# ---- a bad sector ----
bad_sector () {
  cp "$SOURCE" "$WORK/good.raw"
  touch "$WORK/bad"
  # Bytes 20 MiB to 20 MiB + 4 KiB cannot be read.
  nbdkit --foreground --unix "$WORK/bad.nbd" --filter=noextents eval \
    get_size='echo 67108864' \
    pread="[ \$4 -ge $(((20 << 20) + 4096)) ] || [ \$((\$4 + \$3)) -le $((20 << 20)) ] || { echo EIO bad sector >&2; exit 1; }
    dd if='$WORK/good.raw' iflag=skip_bytes,count_bytes,fullblock skip=\$4 count=\$3 bs=64k status=none" 2>/dev/null &
  HELPERS+=($!)
  for _ in $(seq 100); do [ ! -S "$WORK/bad.nbd" ] || break; sleep 0.1; done
  nbdfuse "$WORK/bad" "nbd+unix:///?socket=$WORK/bad.nbd" &
  HELPERS+=($!)
  wait_until test -s "$WORK/bad"
  SOURCE=$WORK/bad
  SOURCE_SUM=
  case_begin
  saved_job
  client_go
  check "a bad sector stops the job" wait_until state_is stopped
  check "its place is told" test "$(state_member message | grep -c "at byte $((20 << 20))")" -eq 1
  check "and how to go on without" test "$(state_member remedy | grep -c -- "--badblocks=zero $JOB")" -eq 1
  server resume --badblocks=zero "$JOB" >/dev/null
  ends_well "with zeroes instead it ends well"
  dd if=/dev/zero of="$WORK/good.raw" bs=4k seek=5120 count=1 conv=notrunc status=none
  qemu-img rebase -u -f qcow2 -F raw -b "$WORK/good.raw" "$WORK/expected.qcow2"
  check "the rest of the target is right" target_is_right
  check "the report names the place" report_has "not readable: bytes $((20 << 20)) to $(((20 << 20) + 4095)) .*partition 1"
  finish_case "bad sector"
}
if (: <>/dev/fuse) 2>/dev/null; then bad_sector; else ok "a bad sector # SKIP this machine has no FUSE"; fi

tap_end
