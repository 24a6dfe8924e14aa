# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The image's system in QEMU with a script of the test in the client's place.  Sourced after
# client.sh and iso/common.sh.
#
#   image_open                        of the ISO: $WORK/vmlinuz, $WORK/initrd.img
#   image_with SCRIPT [ARGUMENT]      $WORK/both.img, where SCRIPT runs instead of the client
#   image_boot LOG ARGUMENTS [QEMU…]  boots that, with more kernel arguments
#   machine_start LOG [QEMU…]         a machine that boots something else
#   machine_stop                      pulls the plug
#   await SECONDS RE LOG              until a line of $WORK/LOG.log matches
#   ends SECONDS LOG                  until the machine is off
#   says LOG RE                       a line of it matches; those that do are in $WORK/found

QEMU=''
export SOURCE_DATE_EPOCH=0

image_open () {
  xorriso -osirrox on -indev "$BUILD/p2v.iso" -extract /boot/vmlinuz "$WORK/vmlinuz" -extract /boot/initrd.img "$WORK/initrd.img" 2>"$WORK/xorriso.log"
}

image_with () {
  local unit=$WORK/tree/etc/systemd/system/p2v-client.service.d
  rm -rf "$WORK/tree"
  mkdir -p "$unit"
  printf '[Service]\nExecStart=\nExecStart=/look %s\nExecStopPost=\n' "${2:-}" >"$unit/look.conf"
  install -m 755 "$1" "$WORK/tree/look"
  pack_tree "$WORK/tree" "$WORK/tree.img"
  cat "$WORK/initrd.img" "$WORK/tree.img" >"$WORK/both.img"
}

image_boot () {
  machine_start "$1" -kernel "$WORK/vmlinuz" -initrd "$WORK/both.img" \
    -append "console=ttyS0,115200 rootfstype=ramfs no_timer_check quiet $2" "${@:3}"
}

machine_start () {
  local log=$WORK/$1.log
  shift
  rm -f "$WORK/qmp"
  : >"$log"
  qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -display none -nodefaults -no-reboot \
    -serial "file:$log" -qmp "unix:$WORK/qmp,server=on,wait=off" "$@" 2>"$WORK/qemu.log" &
  QEMU=$!
}

machine_stop () {
  [ -z "$QEMU" ] || kill "$QEMU" 2>/dev/null || true
  QEMU=''
}

await () {
  local _
  for _ in $(seq "$1"); do
    ! grep -aqE -- "$2" "$WORK/$3.log" || return 0
    kill -0 "$QEMU" 2>/dev/null || break
    sleep 1
  done
  grep -aqE -- "$2" "$WORK/$3.log" || { tail -n 40 "$WORK/$3.log" "$WORK/qemu.log"; return 1; }
}

ends () {
  local _
  for _ in $(seq "$1"); do
    kill -0 "$QEMU" 2>/dev/null || { QEMU=''; return 0; }
    sleep 1
  done
  tail -n 20 "$WORK/$2.log" "$WORK/qemu.log"
  return 1
}

says () {
  tr -d '\r' <"$WORK/$1.log" | grep -aE -- "$2" >"$WORK/found" ||
    { echo "no line like: $2"; tr -d '\r' <"$WORK/$1.log" | tail -n 90; return 1; }
}
