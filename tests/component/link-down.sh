#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# The client's network interface goes down and comes up again, for moments and for
# longer than the link is waited for: the disk arrives all the same.
set -euo pipefail
# Both ends are in network namespaces of this test: addresses here are nobody else's.
[ -n "${OWN_NETWORK:-}" ] || OWN_NETWORK=1 exec unshare --net "$0"
ip link set lo up
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export SSHD_NO_SERVER=1 HOME=$WORK/home
SERVER=$WORK/sshd/server
SOCKETS=$SERVER/sockets
NETNS=p2v-test-$$
VETH=near
HERE=198.51.100.1
THERE=198.51.100.2
stop_all () {
  exec 9>&-
  [ -z "${TUNNEL_PID:-}" ] || kill "$TUNNEL_PID" 2>/dev/null || true
  sshd_stop
  ip netns del "$NETNS" 2>/dev/null || true
}
trap stop_all EXIT
mkdir -p "$HOME"
install -D -t "$SERVER/bin" tests/component/fake-server/p2v-server
install -t "$SERVER" "$BUILD/tests/link-tool"
head -c 64M /dev/urandom >"$WORK/random.img"

ip netns add "$NETNS"
ip link add "$VETH" type veth peer name eth0 netns "$NETNS"
ip addr add "$HERE/30" dev "$VETH"
ip link set "$VETH" up
ip -n "$NETNS" addr add "$THERE/30" dev eth0
ip -n "$NETNS" link set eth0 up
ip -n "$NETNS" link set lo up
sshd_start "$WORK/sshd" "ListenAddress $HERE"

mkfifo "$WORK/ctl"
tunnel_start () {
  rm -rf "$SOCKETS"
  install -d -m 777 "$SOCKETS"
  ip netns exec "$NETNS" "$BUILD/tests/link-tool" tunnel \
    "p2v.server=$HERE p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.identity=$SSHD_DIR/id p2v.hostkey=$SSHD_HOSTKEY p2v.connections=1" \
    job "$WORK/random.img" <"$WORK/ctl" >"$WORK/tunnel.out" 2>"$WORK/tunnel.err" &
  TUNNEL_PID=$!
  exec 9>"$WORK/ctl"
}
uri () { echo "nbd+unix:///?socket=$SOCKETS/$1"; }
wait_socket () { local _; for _ in $(seq 300); do [ -S "$SOCKETS/$1" ] && return 0; sleep 0.1; done; return 1; }
same () { wait_socket "$1" && timeout 60 nbdcopy --connections=1 -- "$(uri "$1")" "$WORK/copy" && cmp "$WORK/random.img" "$WORK/copy"; }

# A moment: TCP survives it.
tunnel_start
wait_socket 0.0
ip -n "$NETNS" link set eth0 down
timeout 60 nbdcopy --connections=1 -- "$(uri 0.0)" "$WORK/copy" &
copy=$!
sleep 3
ip -n "$NETNS" link set eth0 up
status=0
wait "$copy" || status=$?
check "down for a moment with reads under way" test "$status" -eq 0
check "they are answered then" cmp "$WORK/random.img" "$WORK/copy"

exec 9>&-
wait "$TUNNEL_PID" || true
tunnel_start
wait_socket 0.0
began=$SECONDS
ip -n "$NETNS" link set eth0 down
until grep -q "no way through the network" "$WORK/tunnel.err" || [ $((SECONDS - began)) -gt 90 ]; do sleep 0.2; done
check "down for longer: noticed, and tried again in vain ($((SECONDS - began)) s)" test $((SECONDS - began)) -le 60
ip -n "$NETNS" link set eth0 up
check "opened again when it is up" same 0.1
exec 9>&-
status=0
wait "$TUNNEL_PID" || status=$?
TUNNEL_PID=
check "and nobody takes that for a failure" test "$status" -eq 0
tap_end
