#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 900
# Inspect, convert (twice) and trim a tiny guest that has something for every
# step, on an overlay; then look into the result from outside.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/converted.sh
. tests/lib/converted.sh

JOB=$WORK/state/jobs/job1
RAW=$WORK/guest/disk0.raw
export RESULT=$WORK/result.raw ROOT_AT
export LIBGUESTFS_CACHEDIR=${LIBGUESTFS_CACHEDIR:-/var/tmp}

# What a machine collects over the years.
furnish () {
  local root=$1
  mkdir -p "$root/etc/X11" "$root/etc/lvm/devices" "$root/etc/systemd/system/multi-user.target.wants" \
    "$root/etc/systemd/system/getty.target.wants"
  cat >>"$root/etc/fstab" <<'END'
/dev/disk/by-id/ata-OLD_MODEL_P2VTINY0-part5 none swap sw 0 0
/dev/sdq1 /mnt/usb ext4 defaults 0 2
/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0
UUID=5b2f5d1c-0000-4000-8000-000000000001 /mnt/uuid ext4 defaults 0 2
LABEL=backup /mnt/label ext4 noauto 0 0
/dev/mapper/old /mnt/old ext4 defaults 0 2
UUID=5b2f5d1c-0000-4000-8000-000000000002 /mnt/iscsi ext4 _netdev 0 0
nas:/share /mnt/nfs nfs defaults 0 0
/swapfile none swap sw 0 0
END
  printf '%s\n' 'old /dev/sdq2 none luks' \
    'older UUID=5b2f5d1c-0000-4000-8000-000000000003 none luks' >"$root/etc/crypttab"
  echo 'RESUME=/dev/sda5' >"$root/etc/initramfs-tools/conf.d/resume"
  printf 'loop\ncoretemp\nipmi-si type=kcs\n' >"$root/etc/modules"
  printf '# serials\nIDTYPE=sys_serial IDNAME=P2VTINY0\n' >"$root/etc/lvm/devices/system.devices"
  printf 'Section "Device"\n Driver "mga"\nEndSection\n' >"$root/etc/X11/xorg.conf"
  for unit in smartd open-vm-tools ssh-none; do
    ln -s "/lib/systemd/system/$unit.service" "$root/etc/systemd/system/multi-user.target.wants/"
  done
  ln -s /lib/systemd/system/serial-getty@.service \
    "$root/etc/systemd/system/getty.target.wants/serial-getty@ttyS1.service"
  sed -i 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="resume=\/dev\/sda5 panic=9"/' "$root/etc/default/grub"
  echo '(hd0) /dev/disk/by-id/ata-OLD_MODEL_P2VTINY0' >"$root/boot/grub/device.map"
}

# dead_share CLASS: how much of a class of bytes (tests/guests/ranges.py) the
# overlay does not take from the source, in per cent
dead_share () {
  qemu-img map --output=json "$JOB/d0.qcow2" >"$WORK/map.json"
  python3 - "$WORK/map.json" "$WORK/guest/$1.ranges" <<'PYTHON'
import json, sys
backing = [(e["start"], e["start"] + e["length"]) for e in json.load (open (sys.argv[1]))
           if e["depth"] == 1]
total = read = 0
for line in open (sys.argv[2]):
    start, length = map (int, line.split ()[1:])
    total += length
    read += sum (max (0, min (b, start + length) - max (a, start)) for a, b in backing
                 if a < start + length and b > start)
print (100 * (total - read) // max (total, 1))
PYTHON
}
at_least () { [ "$1" -ge "$2" ] || { echo "$1 per cent"; return 1; }; }

prepare_guest default
# shellcheck disable=SC1091 # made by tiny-disk.sh
. "$WORK/guest/guest.env"
sum=$(sha256sum <"$RAW")
status=0
"$BUILD/tests/convert-tool" "$JOB" phases=inspect,convert,convert,trim \
  "disk=/dev/sda,$(stat -c %s "$RAW"),512,P2VTINY0" \
  "link=/dev/disk/by-id/ata-QEMU_HARDDISK_P2VTINY0-part1 /dev/sda1" \
  "nic=$GUEST_MAC,enp0s9,eth0,$GUEST_NIC" >"$WORK/output" 2>"$WORK/log" || status=$?
[ $status -eq 0 ] || { sed 's/^/# /' "$WORK/output" "$WORK/log"; }
check "all phases end well" [ $status -eq 0 ]
check "the source is not changed" [ "$sum" = "$(sha256sum <"$RAW")" ]
check "the first conversion changes a lot" grep -qE '^convert: [0-9.]+ s, [1-9][0-9]+ changes' "$WORK/output"
check "the second conversion changes nothing" grep -qE '^convert: [0-9.]+ s, 0 changes' "$WORK/output"
check "the guest is recognised" grep -q 'info: linux debian 12.*"Debian GNU/Linux 12.*bios boot disk 0 clock utc q35 blk 1 net 1' "$WORK/output"
check "the overlay is sound" qemu-img check -q "$JOB/d0.qcow2"

qemu-img convert -f qcow2 -O raw "$JOB/d0.qcow2" "$RESULT"
uuid=$(blkid -p -O "$ROOT_AT" -o value -s UUID "$RESULT")
check "the file system is sound after trimming" e2fsck -fn "$RESULT?offset=$ROOT_AT"
check "root by UUID" has /etc/fstab "^UUID=${uuid}[[:space:]]+/[[:space:]]"
check "swap by UUID, from a by-id name of another udev" has /etc/fstab '^UUID=[0-9a-f-]+[[:space:]]+none[[:space:]]+swap'
check "no hardware name in fstab but the disk that is gone" has_not /etc/fstab '^/dev/(sd[a-p]|disk)'
check "a disk that is gone does not stop the boot" has /etc/fstab '^/dev/sdq1 /mnt/usb ext4 defaults,nofail,'
check "nor one known by its UUID" has /etc/fstab '^UUID=5b2f5d1c-0000-4000-8000-000000000001 /mnt/uuid ext4 defaults,nofail,'
check "nor what is encrypted on it" has /etc/fstab '^/dev/mapper/old /mnt/old ext4 defaults,nofail,'
check "there is a warning" grep -q 'UUID=5b2f5d1c-0000-4000-8000-000000000001 (/mnt/uuid in' "$WORK/output"
check "other entries stay" has_not /etc/fstab '(/mnt/(label|iscsi|nfs)|^/swapfile).*nofail'
check "the CD drive's entry stays" has /etc/fstab '^/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0'
check "crypttab does not wait" has /etc/crypttab '^old /dev/sdq2 none luks,nofail'
check "nor for what has a UUID" has /etc/crypttab '^older UUID=[0-9a-f-]+ none luks,nofail'
check "resume by UUID" has /etc/initramfs-tools/conf.d/resume '^RESUME=UUID='
check "GRUB's defaults" has /etc/default/grub '^GRUB_CMDLINE_LINUX="resume=UUID=[0-9a-f-]+ panic=9"'
check "GRUB's configuration" has /boot/grub/grub.cfg "linux.*root=UUID=$uuid .*console=ttyS0,115200 console=tty0"
check "no device map" absent_in_result /boot/grub/device.map
check "network name" has "/etc/systemd/network/10-p2v-$GUEST_NIC.link" "MACAddress=$GUEST_MAC"
check "modules of the old hardware" has /etc/modules '^# p2v: coretemp'
check "other modules stay" has /etc/modules '^loop'
check "display driver" has /etc/X11/xorg.conf 'Driver "modesetting"'
check "smartd masked" link_in_result /etc/systemd/system/smartd.service /dev/null
check "VMware's tools masked" link_in_result /etc/systemd/system/open-vm-tools.service /dev/null
check "other services are not" absent_in_result /etc/systemd/system/ssh-none.service
check "no login prompt on a port that is gone" absent_in_result \
  /etc/systemd/system/getty.target.wants/serial-getty@ttyS1.service
check "guest agent offered" has /etc/systemd/system/p2v-guest-agent.timer OnBootSec
check "LVM's list of devices removed" absent_in_result /etc/lvm/devices/system.devices
check "and kept" has /var/lib/p2v/original/etc/lvm/devices/system.devices P2VTINY0
check "the original fstab is kept" has /var/lib/p2v/original/etc/fstab '^/dev/sdq1 /mnt/usb ext4 defaults 0 2'
check "the initrd is proved" grep -qE 'initrd.img-.*: Made again; it holds virtio_pci, virtio_blk' "$WORK/output"

check "all of swap but its header is dead" at_least "$(dead_share swap)" 100
check "deleted files are dead" at_least "$(dead_share deleted)" 99
check "free space is dead" at_least "$(dead_share free)" 99
check "gaps are dead" at_least "$(dead_share gaps)" 80
tap_end
