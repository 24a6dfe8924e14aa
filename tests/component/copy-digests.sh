#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# The target is compared with the client's records: of exactly the ranges that
# the copy read, and of whole units for what the broker's cache holds.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh

SIZE=$((8 * 1048576))
DISK="disk=/dev/sda,$SIZE,512,SER-1"
make_disk "$WORK/a.raw" 8

# records MAP DIGESTS: the source pieces of a copied block map as the client's
# records of them.
records() {
  python3 - "$1" "$2" <<'PYTHON'
import struct, sys
data = open(sys.argv[1], "rb").read()
with open(sys.argv[2], "wb") as out:
    for at in range(64, len(data), 32):
        offset, length, kind = struct.unpack_from("<QIB", data, at)
        if kind == 1:
            out.write(struct.pack("<QI", offset, length) + data[at + 16:at + 32])
PYTHON
}
begin() {
  new_job
  start_broker 0 "$WORK/a.raw"
  make_overlay 0 $SIZE
}
# figure NAME VALUE: the report of the last run has this figure.
figure() {
  grep -Eq "^disk0 $1 +$2( |$)" "$WORK/output" || fail "$1 is $2"
}

# ---- a copy of the untouched disk: its digests are those of whole units ----
begin
run_tool "$DISK" client=1 phases=plan,copy || fail "copy of the untouched disk"
cp "$JOB/d0.blockmap" "$WORK/whole.blockmap"
records "$WORK/whole.blockmap" "$JOB/d0.digests"
run_tool "$DISK" client=1 phases=verify,finish || fail "compared with the client's records"
figure "verified source pieces" 128
figure "verified without client record" 0
figure "verify differences" 0
ok "whole units are compared with the client's records"
cmp -s "$OUT/web-sda.p2v-digests" "$JOB/d0.blockmap" || fail "the manifest is the block map"
ok "the manifest is the block map"
stop_brokers

# ---- parts of units, read exactly, and units in the cache ----
# Units 0 and 16 were read while converting (they are in the cache) and partly
# overwritten; of unit 32 parts are dead.
begin_cached() {
  begin
  overlay_io 0 'write -P 1 4k 4k' 'write -P 2 1M 8k' 'write -z -u 2056k 4k' 'write -z -u 2072k 8k'
  truncate -s $SIZE "$JOB/d0.cache"
  truncate -s 128 "$JOB/d0.map"
  local unit
  for unit in 0 16; do
    dd if="$WORK/a.raw" of="$JOB/d0.cache" bs=64k skip=$unit seek=$unit count=1 conv=notrunc status=none
    printf '\1' | dd of="$JOB/d0.map" bs=1 seek=$unit conv=notrunc status=none
  done
  run_tool "$DISK" client=1 phases=plan,copy || fail "copy of the converted disk"
  # The client has read units 0 and 16 as wholes and the rest exactly.
  records "$WORK/whole.blockmap" "$WORK/whole.digests"
  records "$JOB/d0.blockmap" "$WORK/exact.digests"
  python3 - "$WORK/whole.digests" "$WORK/exact.digests" "$JOB/d0.digests" <<'PYTHON'
import struct, sys
cached = {0, 16}
def records(path):
    data = open(path, "rb").read()
    for at in range(0, len(data), 28):
        yield struct.unpack_from("<Q", data, at)[0] // 65536, data[at:at + 28]
with open(sys.argv[3], "wb") as out:
    for unit, record in records(sys.argv[1]):
        if unit in cached:
            out.write(record)
    for unit, record in records(sys.argv[2]):
        if unit not in cached:
            out.write(record)
PYTHON
}
begin_cached
run_tool "$DISK" client=1 phases=verify,finish || fail "parts and cached units"
figure "verified without client record" 0
figure "verify differences" 0
ok "parts and cached units are compared with the client's records"
stop_brokers

# ---- the same with a target that is damaged inside a cached unit ----
begin_cached
qemu-io -f qcow2 -c 'write -P 77 20k 512' "$OUT/.web-sda.p2v-job1" >/dev/null
run_tool "$DISK" client=1 phases=verify,finish || fail "a difference in a cached unit"
figure "verify differences" 1
grep -q '1 pieces of the target were wrong' "$WORK/output" || fail "a cached piece is repaired"
ok "a difference in a cached unit is found and repaired"
stop_brokers

# ---- a cache that lost what it held, and cannot be filled again ----
# (this broker is no broker: it serves the same for ever)
begin_cached
printf 'damaged' | dd of="$JOB/d0.cache" bs=1 seek=$((1048576 + 30000)) conv=notrunc status=none
! run_tool "$DISK" client=1 phases=verify,finish || fail "a damaged cache"
grep -q 'Disk 0 (/dev/sda): the cache .* does not hold what was read .* at byte 1048576' \
  "$WORK/output" || fail "damaged cache: the log names the byte"
expect_error "damaged cache" verify 'Disk 0 \(/dev/sda\): the target differs .* at byte 1056768, also after'
expect_clean "damaged cache"
stop_brokers

# ---- the client is away ----
begin
run_tool "$DISK" phases=plan,copy,verify,finish || fail "without the client"
figure "verified without client record" 128
grep -q "cannot be asked for its latest digests" "$WORK/output" || fail "the log tells it"
grep -q "client's own counters are missing" "$WORK/output" || fail "the report tells it"
ok "a client that is away is told of"

# ---- records that cannot be ----
begin
head -c 28 /dev/zero >"$JOB/d0.digests"
! run_tool "$DISK" client=1 phases=plan,copy,verify,finish || fail "impossible record"
expect_error "impossible record" job 'Record 0 of .*d0.digests'
done_testing
