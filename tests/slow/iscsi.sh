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

QEMU='' TGTD=''
PORT=$((20000 + RANDOM % 10000))
CONTROL=$((RANDOM % 30000 + 100))
TARGET=iqn.2001-04.com.example:disk INITIATOR=iqn.2001-04.com.example:web-01
stop_all () {
  [ -z "$QEMU" ] || kill "$QEMU" 2>/dev/null || true
  [ -z "$TGTD" ] || { kill -9 "$TGTD" && wait "$TGTD"; } 2>/dev/null || true
}
trap stop_all EXIT
export SOURCE_DATE_EPOCH=0

adm () { tgtadm -C "$CONTROL" --lld iscsi "$@"; }
target () {
  local _
  tgtd -f -C "$CONTROL" --iscsi "portal=127.0.0.1:$PORT" >"$WORK/tgtd.log" 2>&1 &
  TGTD=$!
  for _ in $(seq 50); do ! adm --op show --mode sys >/dev/null 2>&1 || break; sleep 0.2; done
  adm --op new --mode target --tid 1 -T "$TARGET"
  adm --op new --mode logicalunit --tid 1 --lun 1 -b "$WORK/disk.raw"
  adm --op bind --mode target --tid 1 --initiator-name "$INITIATOR"
  adm --op new --mode account --user me --password hunter2hunter2
  adm --op bind --mode account --tid 1 --user me
  adm --op new --mode account --user it --password hunter2other12
  adm --op bind --mode account --tid 1 --user it --outgoing
}
# boot LOG [QEMU ARGUMENTS…]
boot () {
  local log=$WORK/$1.log
  shift
  : >"$log"
  qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -display none -nodefaults -no-reboot \
    -serial "file:$log" -device e1000,netdev=n,mac=52:54:00:12:34:56 "$@" &
  QEMU=$!
}
ends () {
  local _
  for _ in $(seq "$1"); do
    kill -0 "$QEMU" 2>/dev/null || { QEMU=''; return 0; }
    sleep 1
  done
  tail -n 20 "$WORK/$2.log"
  return 1
}
says () { tr -d '\r' <"$WORK/$1.log" | grep -aE -- "$2" >"$WORK/found" || { tail -n 30 "$WORK/$1.log"; return 1; }; }
checks () {
  check "$1: the disk is there, read-only, with the right contents" says "$1" "^sum: $sum /dev/sda ro=1"
  check "$1: both have proved who they are" says "$1" "^session: $TARGET as $INITIATOR user me in it"
  check "$1: no password in arguments, messages or open files" bash -c \
    "grep -aq 'secrets in arguments: 0' '$WORK/$1.log' && grep -aq 'secrets in messages: 0' '$WORK/$1.log' && ! grep -aq '^readable:' '$WORK/$1.log'"
  check "$1: nothing was written" test "$(sha256sum <"$WORK/disk.raw" | cut -d ' ' -f 1)" = "$sum"
}

head -c 33554432 < <(seq 1 9999999) >"$WORK/disk.raw"
sum=$(sha256sum <"$WORK/disk.raw" | cut -d ' ' -f 1)
target
mkdir "$WORK/tftp"
xorriso -osirrox on -indev "$BUILD/p2v.iso" -extract /boot/vmlinuz "$WORK/tftp/vmlinuz" -extract /boot/initrd.img "$WORK/initrd.img" 2>"$WORK/xorriso.log"
mkdir -p "$WORK/tree/etc/systemd/system/p2v-client.service.d"
printf '[Service]\nExecStart=\nExecStart=/look\nExecStopPost=\n' >"$WORK/tree/etc/systemd/system/p2v-client.service.d/look.conf"
install -m 755 tests/slow/iscsi/look "$WORK/tree/look"
pack_tree "$WORK/tree" "$WORK/tree.img"
cat "$WORK/initrd.img" "$WORK/tree.img" >"$WORK/tftp/initrd.img"

boot arguments -netdev user,id=n -kernel "$WORK/tftp/vmlinuz" -initrd "$WORK/tftp/initrd.img" \
  -append "console=ttyS0,115200 rootfstype=ramfs no_timer_check quiet rd.iscsi.initiator=$INITIATOR netroot=iscsi:me:hunter2hunter2:it:hunter2other12@10.0.2.2::$PORT::$TARGET"
check "a machine with the disk in its kernel arguments" ends 900 arguments
checks arguments

# The firmware's table says all of it; the kernel command line says nothing.
cat >"$WORK/tftp/boot.ipxe" <<IPXE
#!ipxe
dhcp
set initiator-iqn $INITIATOR
set username me
set password hunter2hunter2
set reverse-username it
set reverse-password hunter2other12
sanhook iscsi:10.0.2.2::$PORT:1:$TARGET
kernel tftp://10.0.2.2/vmlinuz console=ttyS0,115200 rootfstype=ramfs no_timer_check quiet initrd=initrd.img
initrd tftp://10.0.2.2/initrd.img
boot
IPXE
boot firmware -netdev "user,id=n,tftp=$WORK/tftp,bootfile=boot.ipxe" -boot n
check "a machine whose firmware has booted from it" ends 1200 firmware
checks firmware
tap_end
