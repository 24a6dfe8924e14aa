#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 480
# Inspect and convert a tiny guest that is started by UEFI, while the ISO was
# started by BIOS; with two network cards.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/converted.sh
. tests/lib/converted.sh

JOB=$WORK/state/jobs/job1
RAW=$WORK/guest/disk0.raw
export RESULT=$WORK/result.raw ROOT_AT
export LIBGUESTFS_CACHEDIR=${LIBGUESTFS_CACHEDIR:-/var/tmp}

furnish () {
  mkdir -p "$1/efi" "$1/etc/systemd/network"
  sed -i 's,/boot/efi,/efi,' "$1/etc/fstab"
  printf 'auto eth0\niface eth0 inet dhcp\nauto lan0\niface lan0 inet dhcp\n' >"$1/etc/network/interfaces"
  printf '[Match]\nOriginalName=enp3s0\n[Link]\nName=lan0\n' >"$1/etc/systemd/network/20-lan.link"
  printf '[Match]\nPath=pci-0000:05:00.0\n[Link]\nName=wan0\n' >"$1/etc/systemd/network/30-wan.link"
  small_boot "$1"
}

prepare_guest efi

status=0
"$BUILD/tests/convert-tool" "$JOB" phases=inspect,convert \
  "disk=/dev/nvme0n1,$(stat -c %s "$RAW"),512,P2VTINY0" \
  "nic=$GUEST_MAC,enp2s0,eth0" "nic=52:54:00:70:32:78,enp3s0,eth1" \
  >"$WORK/output" 2>"$WORK/log" || status=$?
[ $status -eq 0 ] || { sed 's/^/# /' "$WORK/output" "$WORK/log"; }
check "all phases end well" [ $status -eq 0 ]
check "it is installed for UEFI" grep -q 'info: linux debian 12.*root /dev/sda2 uefi boot disk 0' "$WORK/output"
check "which is told, for the ISO was not" grep -q 'started by BIOS, but the guest is installed for UEFI' "$WORK/output"

qemu-img convert -f qcow2 -O raw "$JOB/d0.qcow2" "$RESULT"
check "the boot loader is where new firmware looks" grep -q '/efi/EFI/BOOT/BOOTX64.EFI: A copy of /efi/EFI/debian/grubx64.efi' "$WORK/output"
check "root by UUID, although the ISO calls the disk /dev/nvme0n1" has /etc/fstab '^UUID=[0-9a-f-]+ / ext4'
check "the EFI partition keeps its UUID" has /etc/fstab '^UUID=5032-5645 /efi vfat umask=0077 0 1'
check "a name that a .link file gives goes with the MAC address" has /etc/systemd/network/10-p2v-lan0.link '^MACAddress=52:54:00:70:32:78'
check "so does the old kind of name" has /etc/systemd/network/10-p2v-eth0.link "^MACAddress=$GUEST_MAC"
check "with a warning that it was a guess" grep -q "order in which the ISO found them.*eth0 is $GUEST_MAC" "$WORK/output"
check "and one for a card by its place on the bus" grep -q '30-wan.link names a network card wan0' "$WORK/output"
check "the file system is sound" e2fsck -fn "$RESULT?offset=$ROOT_AT"
tap_end
