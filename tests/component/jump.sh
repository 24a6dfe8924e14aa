#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 150
# Through a jump host (p2v.jump): logins of every kind, and a whole job while the jump host's
# connections are cut.  The conversion server listens on a loopback that the client does not
# have, so that nothing gets there by another way.
set -euo pipefail
[ -n "${OWN_NETWORK:-}" ] || OWN_NETWORK=1 exec unshare --net "$0"
ip link set lo up
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export HOME=$WORK/home
mkdir -p "$HOME/.ssh"
NETNS=p2v-jump-$$
HERE=198.51.100.5
THERE=198.51.100.6
JUMP_PID=
stop_all () {
  sshd_stop
  SSHD_PID=$JUMP_PID
  sshd_stop
  ip netns del "$NETNS" 2>/dev/null || true
}
trap stop_all EXIT
ip netns add "$NETNS"
ip link add near type veth peer name eth0 netns "$NETNS"
ip addr add "$HERE/30" dev near
ip link set near up
ip -n "$NETNS" addr add "$THERE/30" dev eth0
ip -n "$NETNS" link set eth0 up
ip -n "$NETNS" link set lo up

# jump_start [sshd_config line]…: the jump host, with the same login user and key
jump_start () {
  SSHD_NO_SERVER=1 sshd_start "$WORK/jump" "ListenAddress $HERE" "ListenAddress 127.0.0.1" "$@"
  JUMP=$HERE:$SSHD_PORT JUMP_PID=$SSHD_PID JUMP_KEY=$SSHD_HOSTKEY
}
# In the place of the server's SSHD_PID.
jump_stop () { local server=$SSHD_PID; SSHD_PID=$JUMP_PID; sshd_stop; SSHD_PID=$server JUMP_PID=; }
# jump_again [sshd_config line]…: another one, on another port
jump_again () {
  local pid=$SSHD_PID port=$SSHD_PORT key=$SSHD_HOSTKEY dir=$SSHD_DIR
  jump_stop
  jump_start "$@"
  SSHD_PID=$pid SSHD_PORT=$port SSHD_HOSTKEY=$key SSHD_DIR=$dir
}
# sshd's processes that hold the jump host's connections
jumps () { local m; for m in $(pgrep -P "$JUMP_PID"); do pgrep -P "$m" || true; done; }

jump_start "AllowTcpForwarding yes" "PasswordAuthentication yes"
mkdir -p "$WORK/sshd"
cp "$WORK/jump/id" "$WORK/jump/id.pub" "$WORK/sshd"
ssh-keygen -q -t rsa -b 2048 -N '' -f "$WORK/rsa"
RSA=$(ssh-keygen -lf "$WORK/rsa.pub" | cut -d' ' -f2)
bench_start "PasswordAuthentication yes" "HostKey $WORK/sshd/host_ed25519" "HostKey $WORK/rsa"
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"

# login SETTING=VALUE… : the tool's line; the settings of a good login come first
login () {
  local s="p2v.server=127.0.0.1 p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.identity=$SSHD_DIR/id p2v.hostkey=$SSHD_HOSTKEY p2v.jump=$JUMP p2v.jump.hostkey=$JUMP_KEY" pair
  for pair in "$@"; do
    s=$(sed -E "s|p2v\.${pair%%=*}=[^ ]*||" <<<"$s")
    [ -z "${pair#*=}" ] || s+=" p2v.$pair"
  done
  ip netns exec "$NETNS" "$BUILD/tests/link-tool" login "$s" 2>"$WORK/login.err" </dev/null || true
}
# says NAME RE SETTING=VALUE…
says () {
  local name=$1 re=$2 line
  shift 2
  line=$(login "$@")
  if grep -qE -- "$re" <<<"$line"; then ok "$name"; else not_ok "$name" "$line" "$(cat "$WORK/login.err")"; fi
}

says "without it there is no way" "^connect: .*refused" "jump="
says "key, and both host keys pinned" "^ok$"
says "the user name may stand before the jump host" "^ok$" "jump=$SSHD_USER@$JUMP"
says "a server's key of a type that is not negotiated first" "^ok$" "hostkey=$RSA"
says "the same password for both" "^ok$" "identity=" "password=\"$SSHD_PASSWORD\""
says "another jump host's key" "^hostkey: The host key of $HERE .*not the one that p2v.jump.hostkey= names" "jump.hostkey=SHA256:$(printf 'A%.0s' {1..43})"
says "the server's fingerprint is none for the jump host" "^hostkey: The host key of $HERE .*not the one" "jump.hostkey=$SSHD_HOSTKEY"
says "nor the jump host's one for the server" "^hostkey: The host key of 127.0.0.1 .*not the one that p2v.hostkey= names" "hostkey=$JUMP_KEY"
says "an unknown jump host: the argument to add" "^hostkey: The host key of the jump host $HERE is not known yet" "jump.hostkey="
check "which is right" grep -qF -- " p2v.jump.hostkey=$JUMP_KEY" <<<"$(login "jump.hostkey=")"
says "an unknown server behind it" "^hostkey: The host key of the conversion server 127.0.0.1 is not known yet" "hostkey="
check "with its own argument" grep -qF -- " p2v.hostkey=$SSHD_HOSTKEY" <<<"$(login "hostkey=")"
echo "[$HERE]:${JUMP#*:} $(cut -d' ' -f1,2 "$WORK/jump/host_ed25519.pub")" >"$HOME/.ssh/known_hosts"
says "a jump host of known_hosts" "^ok$" "jump.hostkey="
echo "@revoked * $(cut -d' ' -f1,2 "$WORK/jump/host_ed25519.pub")" >>"$HOME/.ssh/known_hosts"
says "one whose key was revoked" "^hostkey: WARNING: .*$HERE.* is revoked"
rm "$HOME/.ssh/known_hosts"
says "a user that the jump host does not let in" "^auth: nobody@$HERE refused the key .*This is the jump host" "jump=nobody@$JUMP"
says "a user that the server does not let in" "^auth: nobody@127.0.0.1 refused the key " "jump=$SSHD_USER@$JUMP" "username=nobody"
says "no sshd at the jump host" "^connect: The jump host $HERE refused the connection.*p2v.jump=" "jump=$HERE:$(free_port)"
says "a jump host without a name" "^connect: The jump host no-such-host.invalid cannot be found" "jump=no-such-host.invalid"
says "no sshd at the server" "^connect: The jump host $HERE cannot reach the conversion server 127.0.0.1 on port [0-9]+: " "port=$(free_port)"

# A whole job of 24 MiB, that lasts long enough to be cut three times.
head -c 24M /dev/urandom >"$WORK/a.raw"
SOURCE=$WORK/a.raw
case_begin
setting server 127.0.0.1
setting hostkey "$RSA" # each connection is made twice
setting jump "$JUMP"
setting jump.hostkey "$JUMP_KEY"
setting bandwidth 2M
ip netns exec "$NETNS" "$BUILD/tests/event-tool" "$(cmdline)" >"$WORK/events" 2>"$WORK/events.err" &
job=$!
said () { local _; for _ in $(seq 200); do ! grep -qE -- "$1" "$WORK/events" || return 0; kill -0 "$job" 2>/dev/null || break; sleep 0.1; done; return 1; }
check "the job gets as far as the copy" said $'\tphase\tcopy\t'
check "by one connection to the jump host for the control and each of two for the data" test "$(jumps | wc -l)" -eq 3
for _ in 1 2 3; do
  sleep 1
  for pid in $(jumps); do kill -KILL "$pid" 2>/dev/null || true; done
done
status=0
wait "$job" || status=$?
check "it ends well although the jump host's connections were cut" test "$status" -eq 0
check "the cuts were seen" grep -qiE 'lost' "$WORK/events"
[ "$status" -eq 0 ] || { tail -n 40 "$WORK/events" "$WORK/events.err" | sed 's/^/# /'; }

jump_again "AllowTcpForwarding no"
says "a jump host that forbids it" "^connect: The jump host $HERE does not pass connections on to 127.0.0.1 port $SSHD_PORT: .*AllowTcpForwarding"
jump_again "AllowTcpForwarding yes" "PermitOpen 192.0.2.1:22"
says "one that allows other places only" "^connect: The jump host $HERE does not pass connections on .*PermitOpen"
tap_end
