#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 480
# Inspect and convert a tiny guest on LVM.  The ISO calls its disk /dev/sdb, as
# when it was started from a USB stick; the guest calls it /dev/sda.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/converted.sh
. tests/lib/converted.sh

JOB=$WORK/state/jobs/job1
RAW=$WORK/guest/disk0.raw
export RESULT=$WORK/result.raw ROOT_AT
export LIBGUESTFS_CACHEDIR=${LIBGUESTFS_CACHEDIR:-/var/tmp}

# Volumes that are not there, and one that is, by another name.
furnish () {
  cat >>"$1/etc/fstab" <<'END'
/dev/sda9 /mnt/partition ext4 defaults 0 2
/dev/mapper/othervg-data /mnt/lv ext4 defaults 0 2
/dev/tiny-vg/swap none swap sw 0 0
END
  small_boot "$1"
}

prepare_guest lvm

status=0
"$BUILD/tests/convert-tool" "$JOB" phases=inspect,convert \
  "disk=/dev/sdb,$(stat -c %s "$RAW"),512,P2VTINY0" \
  "nic=$GUEST_MAC,enp0s9,$GUEST_NIC" >"$WORK/output" 2>"$WORK/log" || status=$?
[ $status -eq 0 ] || { sed 's/^/# /' "$WORK/output" "$WORK/log"; }
check "all phases end well" [ $status -eq 0 ]
check "the guest is recognised" grep -q 'info: linux debian 12.*root /dev/tiny-vg/root bios boot disk 0' "$WORK/output"
check "the log tells which disk /dev/sda is" grep -qE "The guest's /dev/sda1 \(/boot\) is what the ISO calls /dev/sdb1" "$WORK/log"

qemu-img convert -f qcow2 -O raw "$JOB/d0.qcow2" "$RESULT"
boot=$(blkid -p -O 1048576 -o value -s UUID "$RESULT")
check "/boot by UUID" has /etc/fstab "^UUID=$boot /boot ext4 defaults 0 2"
check "root and swap keep LVM's names" has /etc/fstab '^/dev/mapper/tiny--vg-(root|swap) .*(errors=remount-ro|sw) 0'
check "also by the short name" has /etc/fstab '^/dev/tiny-vg/swap none swap sw 0 0'
check "a partition that is not there does not stop the boot" has /etc/fstab '^/dev/sda9 /mnt/partition ext4 defaults,nofail,'
check "neither does another volume group" has /etc/fstab '^/dev/mapper/othervg-data /mnt/lv ext4 defaults,nofail,'
check "and there is a warning" grep -q '/dev/mapper/othervg-data (/mnt/lv in' "$WORK/output"
check "GRUB's configuration" grep -q "grub.cfg: GRUB's configuration was made again" "$WORK/output"
check "the initrd is proved" grep -qE 'initrd.img-.*: Made again; it holds virtio_pci, virtio_blk' "$WORK/output"
check "the file system is sound" e2fsck -fn "$RESULT?offset=$ROOT_AT"
tap_end
