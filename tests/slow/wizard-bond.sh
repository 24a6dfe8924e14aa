#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1500
# The wizard in the booted image, by keyboard alone, on a machine whose only way to the
# conversion server is a VLAN on a bond of two cards: page Network comes by itself, makes them,
# and the login goes over them, also when one of both cables is pulled out.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh
# shellcheck source=tests/lib/screen.sh
. tests/lib/screen.sh

RUN=$WORK/machine
SWITCH=
stop_all () {
  physical_stop "$RUN"
  [ -z "$SWITCH" ] || kill "$SWITCH" 2>/dev/null || true
  sshd_stop
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --variant no-os --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
bench_start "PasswordAuthentication yes"
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args \
  "$SCREEN_ARGUMENTS p2v.server=192.168.78.2 p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.hostkey=$SSHD_HOSTKEY p2v.gui" \
  >"$WORK/iso.log" 2>&1 || { cat "$WORK/iso.log"; exit 1; }
python3 tests/lib/vlan-port.py 7 "$WORK/trunk" "$WORK/trunk.qemu" "$WORK/inside" "$WORK/inside.qemu" &
SWITCH=$!
dgram () { echo "-netdev dgram,id=$1,local.type=unix,local.path=$WORK/$1.qemu,remote.type=unix,remote.path=$WORK/$1"; }
# QEMU's e1000 spoils tagged frames for the others on a hub, and its e1000e keeps a pulled cable to itself.
card () { echo "-netdev hubport,id=h$1,hubid=1 -device virtio-net-pci,id=card$1,netdev=h$1,mac=52:54:00:00:00:2$1"; }
physical_start --guest "$WORK/tiny" --run "$RUN" --iso "$WORK/site.iso" \
  --qemu "$(dgram trunk) -netdev hubport,id=ht,hubid=1,netdev=trunk" --qemu "$(card 1)" --qemu "$(card 2)" \
  --qemu "-netdev user,id=u,net=192.168.78.0/24,host=192.168.78.2 -netdev hubport,id=hu,hubid=2,netdev=u" \
  --qemu "$(dgram inside) -netdev hubport,id=hi,hubid=2,netdev=inside"
physical_qmp "$RUN" set_link '{"name": "net", "up": false}' >/dev/null

check "without an address the first page is Network" page Network 400
# The last of the list is several cards; of their boxes the first has no cable.
press end tab tab spc tab spc
picture several
press alt-v
keys 7
press alt-w
picture setting
# Enter does nothing until there is an address; then the focus is on Next.
to_server () {
  local _
  for _ in $(seq 24); do
    keys $'\n'
    ! physical_await "$RUN" 5 'Page: P2vPageServer' || return 0
  done
  picture failed
  return 1
}
check "a bond, and a VLAN on it, get an address" to_server
keys "$SSHD_PASSWORD"$'\n'
check "which the conversion server is reached from" seen "$WORK/sshd/sshd.log" "Accepted password for $SSHD_USER"
sleep 10
picture connected
link () { physical_qmp "$RUN" set_link "{\"name\": \"$1\", \"up\": $2}" >/dev/null; }
link card1 false
sleep 5
press alt-t
check "so it is without the one cable" seen "$WORK/sshd/sshd.log" "Accepted password for $SSHD_USER" 2
sleep 10
link card1 true
sleep 5
link card2 false
sleep 5
press alt-t
check "and without the other" seen "$WORK/sshd/sshd.log" "Accepted password for $SSHD_USER" 3
link card2 true
sleep 10
press alt-b
picture network-again
press alt-n
sleep 2
press alt-n
check "this machine" page Machine 60
tap_end
