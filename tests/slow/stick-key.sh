#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1200
# The wizard in the booted image: a private key from a USB stick logs in, as far as the check
# before the start, which names the operating system.  SHOTS=DIR keeps the pictures, which are
# to be looked at.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

RUN=$WORK/machine
SHOTS=${SHOTS:-$WORK}
stop_all () {
  physical_stop "$RUN"
  sshd_stop
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
bench_start
truncate -s 40M "$WORK/stick.img"
mkfs.vfat -n KEYS "$WORK/stick.img" >/dev/null
mmd -i "$WORK/stick.img" ::ssh
mcopy -i "$WORK/stick.img" "$WORK/sshd/id" ::ssh/id_ed25519
sum=$(sha256sum <"$WORK/stick.img")
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" \
  --args "systemd.journald.forward_to_console=1 p2v.server=192.168.77.2 p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.hostkey=$SSHD_HOSTKEY p2v.name=keyed p2v.os=$OUT" \
  >"$WORK/iso.log" 2>&1 || { cat "$WORK/iso.log"; exit 1; }
physical_start --guest "$WORK/tiny" --run "$RUN" --iso "$WORK/site.iso" --qemu "-device qemu-xhci" \
  --qemu "-drive if=none,id=keys,format=raw,file=$WORK/stick.img -device usb-storage,drive=keys,removable=on"

keys () { python3 tests/lib/qmp.py "$RUN/qmp.sock" --type "$1"; }
alt () { python3 tests/lib/qmp.py "$RUN/qmp.sock" send-key "{\"keys\": [{\"type\": \"qcode\", \"data\": \"alt\"}, {\"type\": \"qcode\", \"data\": \"$1\"}]}" >/dev/null; sleep 2; }
picture () { sleep 3; physical_screen "$RUN" "$SHOTS/$1.png"; }
page () {
  physical_await "$RUN" "$2" "Page: P2vPage$1" || { tail -n 20 "$RUN/serial.log"; return 1; }
  picture "stick-$1"
}
accepted () {
  local _
  for _ in $(seq 120); do
    ! grep -q "Accepted publickey for $SSHD_USER" "$WORK/sshd/sshd.log" || return 0
    sleep 0.5
  done
  tail -n 20 "$WORK/sshd/sshd.log"
  return 1
}

check "the wizard asks how to log in" page Server 240
alt k
alt d
picture stick-keys
keys $'\n'
picture stick-chosen
keys $'\n'
check "the key from the stick logs in" accepted
sleep 10
picture stick-connected
keys $'\n'
check "this machine" page Machine 60
keys $'\n'
check "the target" page Target 60
keys $'\n'
check "the check" page Check 60
sleep 20
picture stick-checked
check "the stick was not written to" test "$(sha256sum <"$WORK/stick.img")" = "$sum"
tap_end
