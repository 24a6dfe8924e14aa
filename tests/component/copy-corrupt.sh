#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# One bit is flipped somewhere between the physical machine's disk and the target:
# it is found, named by its place, and mended, or ends the job.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh
trap stop_source EXIT

SIZE=$((16 * 1048576))
DISK="disk=/dev/sda,$SIZE,512,SER-1"
make_disk "$WORK/a.raw" 16
sum=$(sha256sum <"$WORK/a.raw")

harmful_qemu_nbd

# begin: a job whose conversion has read units 16 to 20 and written parts of units
# 16 and 20, so that the rest of these comes from the cache.
begin() {
  stop_source
  new_job
  start_source "$WORK/a.raw"
  start_real_broker $SIZE
  channel
  make_overlay 0 $SIZE
  overlay_io 0 'read 1M 320k' 'write -P 7 1028k 20k' 'write -P 8 1300k 8k' 'write -z -u 4M 2M'
}
phases() { run_tool "$DISK" client=1 "${@:2}" phases="$1"; }
# flip_channel FLIP: from now on it is on the wire.
flip_channel() {
  channel_end
  channel "$1"
}
# is_repaired NAME PLACE FORMAT: the last run told of the repair and the target is right.
is_repaired() {
  grep -Eq "^- Disk 0 \(/dev/sda\), $2.* again\.$" "$WORK/output" ||
    fail "$1: the report lists the repair of $2"
  grep -q 'pieces of the target were wrong after the copy' "$WORK/output" || fail "$1: and warns"
  ok "$1: $(grep -E '^- Disk 0 .*: the target .* again\.$' "$WORK/output")"
  is_right "$1" "$3"
}
is_right() {
  qemu-img convert -O raw "$JOB/d0.qcow2" "$WORK/want.raw"
  check "$1: the target is right" qemu-img compare -f raw -F "$2" "$WORK/want.raw" "$OUT/web-sda"
  check "$1: and so is its manifest" "$BUILD/bin/p2v-server" verify "$OUT/web-sda"
}
# ends NAME PHASES PATTERN [COPY-TOOL ARGUMENT…]: the job ends with this verify error
# and leaves nothing.
ends() {
  ! phases "$2" "${@:4}" || fail "$1: ends the job"
  expect_error "$1" verify "$3"
  expect_clean "$1"
}

# ---- the wire, while copying ----
begin
phases plan || fail "plan"
flip_channel read:$((2 * 1048576 + 100))
phases copy,verify,finish || fail "wire: the job goes on"
is_repaired "wire" "bytes 2097152 to 2162687 \(64.0 KiB\): the target did not hold what the physical" qcow2

begin
phases plan || fail "plan"
flip_channel read:$((2 * 1048576 + 100)):0
ends "wire, for ever" copy,verify,finish \
  'Disk 0 \(/dev/sda\): the target differs from what was read at byte 2097152, also after it was copied again'

# ---- the wire, while converting ----
begin
flip_channel read:$((3 * 1048576 + 100))
overlay_io 0 'read 3M 64k'
ends "wire, while converting" plan \
  'Disk 0 \(/dev/sda\): what the conversion read at byte 3145728 was changed on its way'

begin
flip_channel read:$((9 * 1048576 + 100))
overlay_io 0 'read 9M 4k' # a look: not kept
ends "wire, while the conversion looks at something" plan \
  'Disk 0 \(/dev/sda\): what the conversion read at byte 9437184 was changed on its way'

# ---- the broker's cache ----
damage_cache() { printf 'damaged' | dd of="$JOB/d0.cache" bs=1 seek="$1" conv=notrunc status=none; }
begin
damage_cache $((1114112 + 1000)) # unit 17
overlay_io 0 'read 1114112 64k' || fail "cache: a conversion goes on"
grep -q "the cache was damaged at byte 1114112" "$WORK/nbdkit.log" || fail "cache: the log names the byte"
cmp -s <(qemu-io -r -f qcow2 -c 'read -v 1114112 64k' "$JOB/d0.qcow2" | grep ': ') \
  <(qemu-io -r -f raw -c 'read -v 1114112 64k' "$WORK/a.raw" | grep ': ') || fail "cache: a conversion reads what is right"
ok "cache: a damaged unit is read from the source again"
damage_cache $((1179648 + 1000)) # unit 18
damage_cache $((1048576 + 50000)) # unit 16, of which a part is copied
phases plan,copy || fail "cache: the copy goes on"
answer=$(tell_broker stats)
[[ $answer == *" damaged=3 damaged_where=1114112" ]] || fail "cache: the broker counts ($answer)"
phases verify,finish || fail "cache: verify"
grep -Eq '^disk0 verify differences +0$' "$WORK/output" || fail "cache: nothing wrong reached the target"
is_right "cache, while copying" qcow2

begin
phases plan,copy || fail "copy"
damage_cache $((1048576 + 50000))
phases verify,finish || fail "cache: verify goes on"
is_repaired "cache, before verify" "bytes 1073152 to 1114111 .*did not hold what the physical" qcow2

# A broker that comes after one that was killed believes only what it can prove.
begin
kill -KILL "${NBDKITS[1]}"
while kill -0 "${NBDKITS[1]}" 2>/dev/null; do sleep 0.02; done
printf 'lost' | dd of="$JOB/d0.map.sums" bs=1 seek=$((17 * 16)) conv=notrunc status=none
start_real_broker $SIZE
channel
phases plan,copy,verify,finish || fail "cache: a new broker"
answer=$(tell_broker stats)
[[ $answer == *" damaged=1 damaged_where=1114112" ]] || fail "cache: the new broker counts ($answer)"
is_right "cache after a crash" qcow2

# ---- the write to the target, and what the storage gives back ----
for format in raw qcow2; do
  begin
  phases plan of=$format || fail "plan"
  FLIP=write:$((3 * 1048576 + 5)) FLIP_USE=write phases copy of=$format || fail "write: copy"
  phases verify,finish of=$format || fail "write: the job goes on"
  is_repaired "write, $format" "bytes 3145728 to 3211263 \(64.0 KiB\): the target did not hold" $format
done

begin
FLIP=write:$((3 * 1048576 + 5)):0 FLIP_USE=write ends "write, for ever" plan,copy,verify,finish \
  'Disk 0 \(/dev/sda\): the target differs from what was read at byte 3145728, also after'

begin
FLIP=read:$((1028 * 1024)):0 FLIP_USE=check ends "a storage that gives back something else" \
  plan,copy,verify,finish 'differs from what was read at byte 1052672, also after'

begin
phases plan,copy of=raw || fail "copy"
qemu-io -f raw -c 'write -P 0 5M 64k' "$OUT/.web-sda.p2v-job1" >"$WORK/qemu-io" # no hole any more
FLIP=read:$((5 * 1048576)):0 FLIP_USE=check phases verify,finish of=raw ||
  fail "the same where nothing lives: the job goes on"
is_repaired "the same where nothing lives" "bytes 5242880 to 5308415 .* held data where nothing lives" raw

# ---- at rest ----
begin
phases plan,copy of=raw || fail "copy"
printf 'X' | dd of="$OUT/.web-sda.p2v-job1" bs=1 seek=$((2 * 1048576 + 65536)) conv=notrunc status=none
printf 'X' | dd of="$OUT/.web-sda.p2v-job1" bs=1 seek=$((2 * 1048576 + 131072)) conv=notrunc status=none
phases verify,finish of=raw || fail "at rest: the job goes on"
is_repaired "at rest" "bytes 2162688 to 2293759 \(128.0 KiB\)" raw

# ---- the way from the overlay ----
begin
phases plan || fail "plan"
FLIP=read:$((1300 * 1024)) FLIP_USE=overlay phases copy || fail "overlay: copy"
phases verify,finish || fail "overlay: the job goes on"
is_repaired "overlay" "bytes 1331200 to 1339391 \(8.0 KiB\): the target differed from the overlay" qcow2

[ "$(sha256sum <"$WORK/a.raw")" = "$sum" ] || fail "the source is as it was"
ok "the source is as it was"
done_testing
