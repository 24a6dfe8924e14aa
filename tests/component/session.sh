#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# Logging in to a real sshd: host keys of every kind, keys and passwords in every way.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export SSHD_NO_SERVER=1 HOME=$WORK/home
mkdir -p "$HOME/.ssh"
HELPERS=()
stop_all () {
  local pid
  for pid in "${HELPERS[@]}"; do kill "$pid" 2>/dev/null || true; done
  sshd_stop
}
trap stop_all EXIT

# login SETTING=VALUE… : the tool's line; the settings of a good login come first
login () {
  local s="p2v.server=127.0.0.1 p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.identity=$SSHD_DIR/id p2v.hostkey=$SSHD_HOSTKEY" pair
  for pair in "$@"; do
    s=$(sed -E "s|p2v\.${pair%%=*}=[^ ]*||" <<<"$s")
    [ -z "${pair#*=}" ] || s+=" p2v.$pair"
  done
  "$BUILD/tests/link-tool" login "$s" 2>"$WORK/login.err" </dev/null || true
}

# says NAME RE SETTING=VALUE…
says () {
  local name=$1 re=$2 line
  shift 2
  line=$(login "$@")
  if grep -qE -- "$re" <<<"$line"; then ok "$name"; else not_ok "$name" "$line" "$(cat "$WORK/login.err")"; fi
}

ssh-keygen -q -t rsa -b 2048 -N '' -f "$WORK/rsa"
ssh-keygen -q -t ed25519 -N 'secret' -f "$WORK/locked"
ssh-keygen -q -t rsa -b 2048 -m PEM -N 'secret' -f "$WORK/locked-pem"
RIGHT="password=\"$SSHD_PASSWORD\""
RSA=$(ssh-keygen -lf "$WORK/rsa.pub" | cut -d' ' -f2)

sshd_start "$WORK/sshd" "HostKey $WORK/sshd/host_ed25519" "HostKey $WORK/rsa" "PasswordAuthentication yes"
says "key and pinned host key" "^ok$"
says "the pinned key may be of a type that is not negotiated first" "^ok$" "hostkey=$RSA"
says "several host keys pinned" "^ok$" "hostkey=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,$SSHD_HOSTKEY"
says "another host key pinned" "^hostkey: .* not the one" "hostkey=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
says "unknown host key: what to compare it with" "^hostkey: .*is not known yet.*ssh-keygen -lf" "hostkey="
check "and the exact argument to add" grep -qF -- " p2v.hostkey=$SSHD_HOSTKEY" <<<"$(login "hostkey=")"
echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$WORK/rsa.pub")" >"$HOME/.ssh/known_hosts"
says "known_hosts decides the type of key" "^ok$" "hostkey="
echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$WORK/locked.pub")" >"$HOME/.ssh/known_hosts"
says "a changed host key is a warning" "^hostkey: WARNING: .* has changed" "hostkey="
KEY=$(cut -d' ' -f1,2 "$WORK/sshd/host_ed25519.pub")
echo "[127.0.0.1]:$SSHD_PORT $KEY" >"$HOME/.ssh/known_hosts"
says "a known host key" "^ok$" "hostkey="
echo "@revoked * $KEY" >>"$HOME/.ssh/known_hosts"
says "a known host key that was revoked" "^hostkey: WARNING: .*revoked in .*known_hosts" "hostkey="
says "a pinned host key that was revoked" "^hostkey: WARNING: .*revoked"
rm "$HOME/.ssh/known_hosts"
says "password" "^ok$" "identity=" "$RIGHT"
says "wrong password" "^auth: .*refused the password" "identity=" "password=wrong"
says "a refused key says what is offered" "^auth: .*refused the key .*server offers: publickey, password" "identity=$WORK/rsa"
says "neither key nor password" "^auth: .*neither a key nor a password" "identity="
says "key with passphrase" "^auth: .*without passphrase" "identity=$WORK/locked"
says "PEM key with passphrase does not ask for it" "^auth: .*without passphrase" "identity=$WORK/locked-pem"
says "name that does not exist" "^connect: .*cannot be found" "server=no-such-host.invalid"
says "nobody listens" "^connect: .*refused the connection" "port=$(free_port)"

HTTP_PORT=$(free_port)
python3 -m http.server --bind 127.0.0.1 --directory "$WORK/sshd" "$HTTP_PORT" >/dev/null 2>&1 &
HELPERS+=($!)
for _ in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$HTTP_PORT") 2>/dev/null && break; sleep 0.1; done
says "key by http" "^ok$" "identity=http://127.0.0.1:$HTTP_PORT/id"
says "key that http does not have; its password stays unsaid" "^auth: The private key http://127.0.0.1:$HTTP_PORT/none cannot be read: .*404" "identity=http://me:geheim@127.0.0.1:$HTTP_PORT/none"

# A port that accepts and never speaks.
SILENT_PORT=$(free_port)
python3 -c 'import socket, sys, time
s = socket.create_server (("127.0.0.1", int (sys.argv[1]))); open (sys.argv[2], "w").close ()
c = s.accept (); time.sleep (60)' "$SILENT_PORT" "$WORK/silent" &
HELPERS+=($!)
for _ in $(seq 300); do [ -e "$WORK/silent" ] && break; sleep 0.1; done
began=$SECONDS
says "a server that accepts but does not speak" "^connect: .*does not answer" "port=$SILENT_PORT"
check "and is given up within 25 seconds" test $((SECONDS - began)) -le 25
sshd_stop

sshd_start "$WORK/sshd" "AuthenticationMethods publickey,password" "PasswordAuthentication yes"
says "key and password in a row" "^ok$" "$RIGHT"
says "the second of the two is wrong" "^auth: .*refused the password" "password=wrong"
sshd_stop

sshd_start "$WORK/sshd" "UsePAM yes" "KbdInteractiveAuthentication yes" "AuthenticationMethods keyboard-interactive"
says "password by keyboard-interactive" "^ok$" "identity=" "$RIGHT"
says "wrong password by keyboard-interactive" "^auth: .*refused the password" "identity=" "password=wrong"
says "a key where only passwords are taken" "^auth: .*no way to log in.*keyboard-interactive.*only a key" "password="
sshd_stop
tap_end
