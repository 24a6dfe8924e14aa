#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# Two disks are copied: the target holds what the overlays say, only what lives
# is read, and nothing twice.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh

SIZE=$((32 * 1048576))
SIZE2=$((9 * 1048576))
DISKS=("disk=/dev/sda,$SIZE,512,SER-1" "disk=/dev/sdb,$SIZE2,4096,SER-2")
make_disk "$WORK/a.raw" 32
make_disk "$WORK/b.raw" 9

# Dead stretches, some not at unit boundaries; converted clusters; a cluster
# that was written with zeroes.
convert_disks() {
  overlay_io 0 'write -z -u 4M 8M' 'write -z -u 16384k 4k' 'write -P 7 1M 20k' \
    'write -P 9 6M 4k' 'write -P 1 31M 128k' 'discard 20M 1028k' 'write -P 0 2M 64k'
  overlay_io 1 'write -P 5 0 4k' 'write -z -u 5M 1M'
}

# copy_and_compare FORMAT ALLOCATION
copy_and_compare() {
  local name="$1, $2"
  new_job
  start_broker 0 "$WORK/a.raw"
  start_broker 1 "$WORK/b.raw"
  make_overlay 0 $SIZE
  make_overlay 1 $SIZE2
  convert_disks
  qemu-img convert -O raw "$JOB/d0.qcow2" "$WORK/want0.raw"
  qemu-img convert -O raw "$JOB/d1.qcow2" "$WORK/want1.raw"
  : >"$WORK/reads.0"
  : >"$WORK/reads.1"
  run_tool of="$1" oa="$2" client=1 phases=plan,copy,verify,finish "${DISKS[@]}" ||
    fail "$name: the phases run"
  ok "$name: the phases run"
  check "$name: first disk" qemu-img compare -f raw -F "$1" "$WORK/want0.raw" "$OUT/web-sda"
  check "$name: second disk" qemu-img compare -f raw -F "$1" "$WORK/want1.raw" "$OUT/web-sdb"
  check "$name: definition" virt-xml-validate "$OUT/web.xml" domain
  [ "$(ls -A "$OUT")" = "$(printf '%s\n' web-sda web-sda.p2v-digests web-sdb \
    web-sdb.p2v-digests web.xml)" ] || fail "$name: only the guest's files are there"
  ok "$name: only the guest's files are there"
  [ -z "$(find "$JOB" -name '*.sock' -o -name '*.pid')" ] || fail "$name: sockets are gone"
  stop_brokers
}

# Sums of what nbdkit's log says was read: each range once, none of the dead ones.
check_reads() {
  python3 - "$1" "$2" <<'PYTHON'
import re, sys
dead = [tuple(int(n) for n in part.split("+")) for part in sys.argv[2].split()]
seen = {}
for line in open(sys.argv[1]):
    m = re.search(r" Read id=\d+ offset=(0x[0-9a-f]+) count=(0x[0-9a-f]+)", line)
    if not m:
        continue
    offset, count = int(m[1], 16), int(m[2], 16)
    assert count <= 4 * 65536, f"more than four units in one read: {line}"
    for sector in range(offset // 512, (offset + count) // 512):
        assert sector not in seen, f"read twice: {sector * 512}"
        seen[sector] = True
        for start, length in dead:
            assert not start <= sector * 512 < start + length, f"dead but read: {sector * 512}"
assert seen, "nothing was read"
PYTHON
}

copy_and_compare qcow2 sparse
check "first disk: each live range read once" check_reads "$WORK/reads.0" \
  "4194304+8388608 16777216+4096 1048576+20480 20971520+1052672 32505856+131072"
check "second disk: each live range read once" check_reads "$WORK/reads.1" "0+4096 5242880+1048576"

grep -q '<blockio logical_block_size="4096" physical_block_size="4096"/>' "$OUT/web.xml" ||
  fail "sector size of the second disk"
ok "sector size of the second disk"
[ "$(stat -c %a "$OUT/web-sda")" = 600 ] || fail "images are only the owner's"
ok "images are only the owner's"

copy_and_compare raw sparse
allocated=$(($(stat -c '%b * 512' "$OUT/web-sda")))
# 24 MiB of data less the dead stretches, and the data of the overlay.
[ "$allocated" -lt $((16 * 1048576)) ] || fail "sparse raw image has holes ($allocated)"
ok "sparse raw image has holes"

copy_and_compare raw preallocated
allocated=$(($(stat -c '%b * 512' "$OUT/web-sda")))
[ "$allocated" -ge $SIZE ] || fail "preallocated raw image is whole ($allocated)"
ok "preallocated raw image is whole"

copy_and_compare qcow2 preallocated
done_testing
