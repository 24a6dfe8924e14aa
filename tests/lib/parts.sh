# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A simulated physical machine whose disks are given one by one and that nothing but the
# system in it keeps from being written to.  Sourced after client.sh and physical.sh.
#
#   parts_begin            $D for its disks, with $D/system.raw, a tiny guest's; $WORK/guest
#                          for physical_start; $WORK/tiny for boot-result.sh
#   drive NAME QEMU-DEVICE PROPERTIES ID    $D/NAME.raw as QEMU's arguments
#   sums                   of all disks
#   fish IMAGE… -- COMMANDS                 guestfish on qcow2 images, which it does not change
#   content_is SUM IMAGE… -- COMMANDS       /data there, after COMMANDS

D=$WORK/disks

parts_begin () {
  mkdir "$D" "$WORK/guest"
  tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
  grep -v '^GUEST_DISKS=' "$WORK/tiny/guest.env" >"$WORK/guest/guest.env"
  echo "GUEST_DISKS=''" >>"$WORK/guest/guest.env"
  mv "$WORK/tiny/disk0.raw" "$D/system.raw"
}
drive () {
  printf -- '-drive if=none,id=%s,format=raw,cache=unsafe,file.locking=off,file=%s -device %s,drive=%s,%s' \
    "$4" "$D/$1.raw" "$2" "$4" "$3"
}
sums () { (cd "$D" && sha256sum ./*.raw); }
fish () {
  local images=()
  while [ "$1" != -- ]; do images+=(-a "$1"); shift; done
  guestfish --ro --format=qcow2 "${images[@]}" run : "${@:2}"
}
content_is () { [ "$(fish "${@:2}" : checksum sha256 /data)" = "$1" ]; }
