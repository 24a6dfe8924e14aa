#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 2400
# The whole conversion, by the dialog in text, of a machine whose system is on an iSCSI disk
# that the dialog adds (iscsi-job.py), beside a fake RAID 1, the two disks of a volume group and
# an NVMe disk that says of itself that it is failing.  What comes out boots and has the same
# data; every disk has the same SHA-256 afterwards.  Needs `make iso`, the package tgt, root.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh
# shellcheck source=tests/lib/parts.sh
. tests/lib/parts.sh
# shellcheck source=tests/lib/target.sh
. tests/lib/target.sh

RUN=$WORK/machine
stop_all () {
  physical_stop "$RUN"
  target_stop
  sshd_stop
}
trap stop_all EXIT

parts_begin
seq -f "one %.0f" 1 800000 >"$WORK/data"
mkdir "$WORK/mirror"
cp "$WORK/data" "$WORK/mirror/data"
mkfs.ext4 -q -L mirror -d "$WORK/mirror" "$WORK/mirror.ext4" 64M
python3 - "$WORK/mirror.ext4" "$D" <<'MIRROR'
import sys
sys.path.insert (0, "tests/slow/storage")
from disks import MIB, via
contents = open (sys.argv[1], "rb").read ()
for disk in range (2):
    with open (f"{sys.argv[2]}/via-{'ab'[disk]}.raw", "wb") as out:
        out.write (via (contents, disk, 72 * MIB))
MIRROR
truncate -s 64M "$D/group-a.raw" "$D/group-b.raw"
truncate -s 8M "$D/failing.raw"
guestfish >"$WORK/fish.log" 2>&1 <<FISH || { cat "$WORK/fish.log"; exit 1; }
add $D/group-a.raw format:raw
add $D/group-b.raw format:raw
run
pvcreate /dev/sda
pvcreate /dev/sdb
vgcreate group "/dev/sda /dev/sdb"
debug sh "lvm lvcreate -y -i 2 -l 100%FREE -n data group"
mkfs ext4 /dev/group/data
mount /dev/group/data /
upload $WORK/data /data
FISH
bench_start "PasswordAuthentication yes"
sums >"$WORK/before"
target_start "$D/system.raw" iqn.2001-04.com.example:web-01
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args "p2v.text" >"$WORK/iso.log" 2>&1 || { cat "$WORK/iso.log"; exit 1; }
physical_start --guest "$WORK/guest" --run "$RUN" --iso "$WORK/site.iso" --qemu "-device virtio-scsi-pci,id=s" \
  --qemu "$(drive via-a scsi-hd bus=s.0,scsi-id=0,serial=VIA-A via-a)" --qemu "$(drive via-b scsi-hd bus=s.0,scsi-id=1,serial=VIA-B via-b)" \
  --qemu "$(drive group-a scsi-hd bus=s.0,scsi-id=2,serial=GROUP-A group-a)" --qemu "$(drive group-b scsi-hd bus=s.0,scsi-id=3,serial=GROUP-B group-b)" \
  --qemu "$(drive failing nvme serial=FAILING,smart_critical_warning=4 failing)"
export RUN OUT PORT=$SSHD_PORT PASSWORD=$SSHD_PASSWORD SSHD_USER TARGET_PORT
check "the dialog adds the iSCSI disk and converts the machine" env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/slow/iscsi-job.py
check "which then goes off" physical_wait "$RUN" 120
physical_stop "$RUN"
target_stop
sums >"$WORK/after"
check "the iSCSI disk and all others are as they were, bit by bit" diff "$WORK/before" "$WORK/after"
check "five disks came out" test "$(find "$OUT" -name 'san-01-sd?' | wc -l)" = 5
group=()
for disk in "$OUT"/san-01-sd?; do
  if [ "$(fish "$disk" -- list-partitions | grep -c .)" -gt 0 ]; then
    system=$disk
  else
    case $(fish "$disk" -- vfs-type /dev/sda) in
      ext4) mirror=$disk ;;
      LVM2_member) group+=("$disk") ;;
    esac
  fi
done
check "the mirror's data is on one" content_is "$(sha256sum <"$WORK/data" | cut -d ' ' -f 1)" "${mirror:-none}" -- mount-ro /dev/sda /
check "the volume group's data is on two" content_is "$(sha256sum <"$WORK/data" | cut -d ' ' -f 1)" "${group[@]}" -- mount-ro /dev/group/data /
check "the system on the other boots" tests/lib/boot-result.sh --guest "$WORK/tiny" --run "$WORK/boot" "${system:-none}"
tap_end
