#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 3600
# A disk by software FCoE in the booted image, from a real target (Linux's, in a second
# machine on the same wire, VN2VN), which the kernel argument fcoe= finds by a card's MAC
# address, or by the name of a VLAN.  The disk has the same SHA-256 afterwards, though the target lets it be written
# to.  Needs `make iso` and an installed kernel with its modules.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=iso/common.sh
. iso/common.sh
# shellcheck source=tests/lib/image.sh
. tests/lib/image.sh

TARGET=''
# The image then does not wait for one.
ADDRESS=ip=192.0.2.2:::255.255.255.0::eth0:none
stop_all () {
  machine_stop
  [ -z "$TARGET" ] || kill "$TARGET" 2>/dev/null || true
}
trap stop_all EXIT

# cable WIRE HERE THERE MAC: a card at one end of a wire, a pair of datagram sockets
cable () {
  printf '%s\n' -netdev "dgram,id=$1,local.type=unix,local.path=$WORK/$1.$2,remote.type=unix,remote.path=$WORK/$1.$3" \
    -device "e1000,netdev=$1,mac=52:54:00:00:00:$4"
}

# The newest installed kernel that has the target's driver, and what that needs, in order.
add_modules () {
  local version file
  version=$(find /lib/modules -name tcm_fc.ko\* | sort -V | tail -n 1 | cut -d / -f 4)
  if [ -z "$version" ] || [ ! -r "/boot/vmlinuz-$version" ]; then
    echo "Bail out! no installed kernel has tcm_fc"
    exit 1
  fi
  cp "/boot/vmlinuz-$version" "$WORK/target-vmlinuz"
  mkdir "$WORK/tree/modules"
  for module in virtio_pci virtio_blk e1000 8021q configfs target_core_mod target_core_iblock libfcoe fcoe tcm_fc; do
    /sbin/modprobe --set-version="$version" --show-depends "$module"
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$WORK/tree/modules/"
    basename "$file" >>"$WORK/tree/modules/order"
  done
}

head -c 33554432 < <(seq 1 9999999) >"$WORK/disk.raw"
sum=$(sha256sum <"$WORK/disk.raw" | cut -d ' ' -f 1)
image_open
image_with tests/slow/fcoe/target 20:00:52:54:00:00:00:02
add_modules
pack_tree "$WORK/tree" "$WORK/tree.img"
cat "$WORK/initrd.img" "$WORK/tree.img" >"$WORK/target.img"
mapfile -t cards < <(cable plain 1 2 01; cable tagged 1 2 11)
machine_start target -kernel "$WORK/target-vmlinuz" -initrd "$WORK/target.img" \
  -append "console=ttyS0,115200 rootfstype=ramfs no_timer_check quiet net.ifnames=0 $ADDRESS" "${cards[@]}" \
  -drive "if=none,id=disk,format=raw,cache=unsafe,file=$WORK/disk.raw" -device virtio-blk-pci,drive=disk
check "a target is there, on both wires" await 600 '^target: ready' target
TARGET=$QEMU QEMU=''

image_with tests/slow/fcoe/look
# looks NAME ARGUMENTS WIRE DEVICE
looks () {
  mapfile -t cards < <(cable "$3" 2 1 02)
  image_boot "$1" "net.ifnames=0 $ADDRESS $2" "${cards[@]}"
  check "$1: a machine with $2" ends 900 "$1"
  check "$1: the disk is there, read-only, with the right contents" says "$1" "^sum: /dev/sda $sum ro=1"
  check "$1: it comes by Fibre Channel over that interface" says "$1" "^path: /.*/net/$4/ctlr_0/host[0-9]+/rport-.*/sda"
  check "$1: it could not be written to" bash -c "! grep -aq '^written:' '$WORK/$1.log'"
}
looks card "fcoe=52:54:00:00:00:02:nodcb:vn2vn" plain eth0
looks vlan "vlan=eth0.7:eth0 fcoe=eth0.7:nodcb:vn2vn" tagged eth0.7
check "the disk is as it was, bit by bit" test "$(sha256sum <"$WORK/disk.raw" | cut -d ' ' -f 1)" = "$sum"

image_boot wrong "net.ifnames=0 $ADDRESS fcoe=eth7:nodcb fcoe=eth0" "${cards[@]}"
check "a machine with wrong arguments" ends 900 wrong
check "which says that there is no such card" says wrong 'p2v: fcoe=eth7:nodcb: there is no network card eth7'
check "and what it understands" says wrong 'p2v: fcoe=eth0 is not understood: fcoe=INTERFACE-OR-MAC:nodcb'
tap_end
