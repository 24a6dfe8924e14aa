#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 3600
# The image's network by kernel arguments, in QEMU: names by address, DHCP, bonds in every
# mode, a VLAN on a bond, IPv4 and IPv6 by hand, MTU, name servers, routes; a switch that
# lets nothing through for the first half minute; an argument that is wrong.  Needs `make
# iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=iso/common.sh
. iso/common.sh
# shellcheck source=tests/lib/image.sh
. tests/lib/image.sh

trap machine_stop EXIT

# boot LOG COUNT ARGS QEMU-ARGUMENTS…: until COUNT addresses are there (or half a minute)
boot () {
  local log=$1 count=$2 arguments=$3
  shift 3
  image_with tests/slow/network/show "$count"
  image_boot "$log" "$arguments" "$@"
}
# card N HUB: its address ends with N
card () { printf '%s\n' -netdev "hubport,id=h$1,hubid=$2" -device "virtio-net-pci,netdev=h$1,mac=52:54:00:00:00:$1,host_mtu=9000"; }

image_open

modes=(balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb)
words=('load balancing \(round-robin\)' 'fault-tolerance \(active-backup\)' 'load balancing \(xor\)' 'fault-tolerance \(broadcast\)'
  'IEEE 802.3ad Dynamic link aggregation' 'transmit load balancing' 'adaptive load balancing')
arguments="ifname=wan:52:54:00:00:00:01 ifname=ba:52:54:00:00:00:02 ifname=bb:52:54:00:00:00:03 ip=wan:dhcp
  bond=bond0:ba,bb:mode=802.3ad,lacp_rate=fast,miimon=50,xmit_hash_policy=layer3+4:9000 vlan=bond0.7:bond0
  ip=192.0.2.9::192.0.2.1:255.255.255.0::bond0.7:none:8000 ip=[2001:db8::9]::[2001:db8::1]:64::bond0.7:none
  nameserver=192.0.2.53 nameserver=[2001:db8::53] rd.route=198.51.100.0/24:192.0.2.254:bond0.7"
mapfile -t cards < <(printf '%s\n' -netdev user,id=u -device e1000,netdev=u,mac=52:54:00:00:00:01
  card 02 1; card 03 1
  for i in "${!modes[@]}"; do card "1$i" "1$i"; done)
for i in "${!modes[@]}"; do arguments+=" ifname=c$i:52:54:00:00:00:1$i bond=m$i:c$i:mode=${modes[i]} ip=203.0.113.$i:::32::m$i:none"; done
boot arguments 10 "${arguments//$'\n'/}" "${cards[@]}"
check "a machine with all of it" ends 900 arguments
check "DHCP on a card with the name that it was given" says arguments '^address: wan inet 10.0.2.15/24'
check "IPv4 by hand on a VLAN on a bond" says arguments '^address: bond0.7 inet 192.0.2.9/24'
check "and IPv6" says arguments '^address: bond0.7 inet6 2001:db8::9/64'
check "the bond has its first card's address and MTU" says arguments '^link: bond0 mtu 9000 mac 52:54:00:00:00:0[23]$'
check "the VLAN has its own MTU" says arguments '^link: bond0.7 mtu 8000 '
check "the bond's options" says arguments '^bond: bond0 LACP rate: fast'
check "and policy" says arguments '^bond: bond0 Transmit Hash Policy: layer3\+4'
for i in "${!modes[@]}"; do
  check "mode ${modes[i]}" says arguments "^bond: m$i Bonding Mode: ${words[i]}"
done
check "the gateway given by hand comes first" says arguments '^route: default via 192.0.2.1 dev bond0.7 .*metric 100'
check "the other one stays" says arguments '^route: default via 10.0.2.2 dev wan .*metric 1024'
check "a route" says arguments '^route: 198.51.100.0/24 via 192.0.2.254 dev bond0.7'
check "name servers" says arguments '^resolv: nameserver 192.0.2.53'
check "of IPv6 too" says arguments '^resolv: nameserver 2001:db8::53'

# Link, but nothing gets through: the hub has no uplink until somebody plugs it in.
# (A hub without a second port makes the card wait for ever, so there is one that goes nowhere.)
mapfile -t cards < <(printf '%s\n' -netdev "socket,id=nowhere,udp=127.0.0.1:9,localaddr=127.0.0.1:0" -netdev hubport,id=hn,hubid=1,netdev=nowhere
  card 01 1)
boot slow 1 "" -netdev user,id=u "${cards[@]}"
check "without an answer it says what it waits for" await 600 'no network address after 30 seconds: [a-z0-9]+ has a link but no address' slow
python3 tests/lib/qmp.py "$WORK/qmp" netdev_add '{"type": "hubport", "id": "up", "hubid": 1, "netdev": "u"}' >"$WORK/qmp.log" 2>&1 || cat "$WORK/qmp.log"
check "and goes on once there is one" ends 900 slow
check "with an address" says slow '^address: [a-z0-9]+ inet 10.0.2.15/24'

boot wrong 1 "ip=192.0.2.9::192.0.2.1:255.255.255.0::eth0:magic" -netdev user,id=u -device e1000,netdev=u
check "a machine with a wrong argument" ends 900 wrong
check "names it" says wrong 'p2v: The kernel argument ip=192.0.2.9::192.0.2.1:255.255.255.0::eth0:magic is not'
check "and asks by DHCP" says wrong '^address: [a-z0-9]+ inet 10.0.2.15/24'
tap_end
