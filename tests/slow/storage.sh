#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 3600
# Disks that are put together of others, in the booted image: fake RAID (Intel's, DDF, an
# older kind), whole and degraded; Linux's RAID, which travels in parts; LVM on two disks,
# with a thin pool, and on a mirror of Linux; one disk by two paths, one of which fails;
# sectors of 4096 bytes; a journal to be played back and a suspended system.  Nothing protects
# the images but the system in the image itself: all have the same SHA-256 afterwards.  Needs
# `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=iso/common.sh
. iso/common.sh
# shellcheck source=tests/lib/image.sh
. tests/lib/image.sh

D=$WORK/disks
trap machine_stop EXIT

# boot SCRIPT ARGS [QEMU ARGUMENTS…]: the image's system with SCRIPT in the client's place
boot () {
  image_with "tests/slow/storage/$1"
  image_boot "$1" "$2" -device virtio-scsi-pci,id=s "${@:3}"
}
# disk NAME [MORE]: as an argument of QEMU, its serial number is its name
disk () {
  local drive=$1-${2:-0}
  printf '%s\n' -drive "if=none,id=$drive,format=raw,cache=unsafe,file.locking=off,file=$D/$1.raw" \
    -device "scsi-hd,bus=s.0,drive=$drive,id=$drive-device,serial=$1${3:+,$3}"
}
sums () { (cd "$D" && sha256sum ./*.raw); }

mkdir "$D"
image_open
python3 tests/slow/storage/disks.py "$D" >"$WORK/expected"

truncate -s 64M "$D"/{vg2a,vg2b,vgma,vgmb}.raw
guestfish >"$WORK/fish.log" 2>&1 <<FISH || { cat "$WORK/fish.log"; exit 1; }
add $D/vg2a.raw format:raw
add $D/vg2b.raw format:raw
add $D/vgma.raw format:raw
add $D/vgmb.raw format:raw
run
pvcreate /dev/sda
pvcreate /dev/sdb
vgcreate two "/dev/sda /dev/sdb"
debug sh "lvm lvcreate -y -i 2 -l 50%FREE -n stripes two"
debug sh "lvm lvcreate -y --type thin-pool -L 16M -n pool two"
debug sh "lvm lvcreate -y -V 64M --thin -n thin two/pool"
mkfs ext4 /dev/two/stripes
mkfs ext4 /dev/two/thin
md-create mirror "/dev/sdc /dev/sdd" level:raid1
pvcreate /dev/md/mirror
vgcreate one /dev/md/mirror
lvcreate-free data one 100
mkfs ext4 /dev/one/data
FISH

mapfile -t made < <(for name in imsm1a imsm1b imsm0a imsm0b imsmDa imsmDb ddf1a ddf1b md1a md1b md5a md5b; do disk "$name"; done)
boot layout "rd.md=0" "${made[@]}"
check "mdadm makes the arrays" await 900 '^layout: done' layout
check "and the machine goes off" ends 300 layout
# One half of a mirror breaks.
rm "$D/imsmDb.raw"
sums >"$WORK/before"

mapfile -t given < <(for name in imsm1a imsm1b imsm0a imsm0b imsmDa ddf1a ddf1b via1a via1b md1a md1b md5a md5b vg2a vg2b vgma vgmb journal swap; do disk "$name"; done
  disk big4k 0 logical_block_size=4096,physical_block_size=4096
  for path in 0 1; do disk paths $path wwn=0x5000c50015ea71ad,share-rw=on; done)
boot look "" "${given[@]}"
check "the image looks at them" await 900 '^look: paths of' look
python3 tests/lib/qmp.py "$WORK/qmp" device_del '{"id": "paths-0-device"}' >"$WORK/qmp.log" 2>&1 || cat "$WORK/qmp.log"
check "and reads the disk whose path has gone" await 900 '^look: done' look
check "and goes off" ends 300 look
tr -d '\r' <"$WORK/look.log" | sed -n 's/^inventory: //p' >"$WORK/inventory.json"
tr -d '\r' <"$WORK/look.log" | sed -n 's/^sum: //p' >"$WORK/sums"

while read -r name sum; do
  check "$name is one disk with the right contents" test "$(grep -c " $sum " "$WORK/sums")" = 1
done <"$WORK/expected"
check "every disk that is offered is read-only" bash -c "! grep -v ro=1 '$WORK/sums'"
check "none could be written to" bash -c "! grep -aq '^written:' '$WORK/look.log'"
check "seventeen are offered: five volumes of firmware RAID, one disk of two paths, the rest as they are" test "$(wc -l <"$WORK/sums")" = 17
check "the disks of a volume group are offered, known as such" test "$(grep -c ' LVM2_member$' "$WORK/sums")" = 2
check "those of Linux's RAID, too, also with a volume group on it" test "$(grep -c ' linux_raid_member$' "$WORK/sums")" = 6
check "no volume group was started" says look '^look: 0 logical volumes run'
check "a person in the shell sees them" says look '^lv: two thin 64\.00m'
check "Linux's RAID runs, for a look at it" says look '^md[0-9]+ : active \(read-only\) raid5'
check "the map of the two paths still reads" bash -c "! grep -aq '^read: failed' '$WORK/look.log'"
check "sectors of 4096 bytes stay" python3 - "$WORK/inventory.json" <<'CHECK'
import json, sys
disks = json.load(open(sys.argv[1]))["disks"]
sys.exit(sorted(d["logical_block_size"] for d in disks).count(4096) != 1)
CHECK
sums >"$WORK/after"
check "every image is as it was, bit by bit" diff "$WORK/before" "$WORK/after"
tap_end
