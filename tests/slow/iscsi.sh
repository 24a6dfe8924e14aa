#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 3600
# iSCSI disks in the booted image, from a real target with CHAP both ways: by kernel
# arguments, and as the firmware (iPXE, by its boot table) booted from one.  The disk has the
# same SHA-256 afterwards, and no password is seen where it should not be.  Needs `make
# iso`, the package tgt, root.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=iso/common.sh
. iso/common.sh
# shellcheck source=tests/lib/image.sh
. tests/lib/image.sh
# shellcheck source=tests/lib/target.sh
. tests/lib/target.sh

INITIATOR=iqn.2001-04.com.example:web-01
stop_all () {
  machine_stop
  target_stop
}
trap stop_all EXIT
CARD=(-device "e1000,netdev=n,mac=52:54:00:12:34:56")
checks () {
  check "$1: the disk is there, read-only, with the right contents" says "$1" "^sum: $sum /dev/sda ro=1"
  check "$1: both have proved who they are" says "$1" "^session: $TARGET as $INITIATOR user me in it"
  check "$1: no password in arguments, messages or open files" bash -c \
    "grep -aq 'secrets in arguments: 0' '$WORK/$1.log' && grep -aq 'secrets in messages: 0' '$WORK/$1.log' && ! grep -aq '^readable:' '$WORK/$1.log'"
  check "$1: nothing was written" test "$(sha256sum <"$WORK/disk.raw" | cut -d ' ' -f 1)" = "$sum"
}

head -c 33554432 < <(seq 1 9999999) >"$WORK/disk.raw"
sum=$(sha256sum <"$WORK/disk.raw" | cut -d ' ' -f 1)
target_start "$WORK/disk.raw" "$INITIATOR"
image_open
image_with tests/slow/iscsi/look

image_boot arguments "rd.iscsi.initiator=$INITIATOR netroot=iscsi:me:hunter2hunter2:it:hunter2other12@10.0.2.2::$TARGET_PORT::$TARGET" \
  -netdev user,id=n "${CARD[@]}"
check "a machine with the disk in its kernel arguments" ends 900 arguments
checks arguments

# The firmware's table says all of it; the kernel command line says nothing.
mkdir "$WORK/tftp"
cp "$WORK/vmlinuz" "$WORK/tftp/vmlinuz"
cp "$WORK/both.img" "$WORK/tftp/initrd.img"
cat >"$WORK/tftp/boot.ipxe" <<IPXE
#!ipxe
dhcp
set initiator-iqn $INITIATOR
set username me
set password hunter2hunter2
set reverse-username it
set reverse-password hunter2other12
sanhook iscsi:10.0.2.2::$TARGET_PORT:1:$TARGET
kernel tftp://10.0.2.2/vmlinuz console=ttyS0,115200 rootfstype=ramfs no_timer_check quiet initrd=initrd.img
initrd tftp://10.0.2.2/initrd.img
boot
IPXE
machine_start firmware -netdev "user,id=n,tftp=$WORK/tftp,bootfile=boot.ipxe" -boot n "${CARD[@]}"
check "a machine whose firmware has booted from it" ends 1200 firmware
checks firmware
tap_end
