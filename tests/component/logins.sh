#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 600
# The logins that p2v-server(8) describes: an ordinary user with a key that may
# convert and nothing else, the same by ForceCommand, root, and an ordinary user
# with sudo -n.  Who owns what, and what such a key cannot do.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

OUT=$WORK/out
STATE=$WORK/varlib # /var/lib/p2v for root over there
mkdir -p "$WORK/client-home" "$OUT" "$STATE/appliance"
MADE=
[ -d /var/lib/p2v ] || { mkdir /var/lib/p2v && MADE=1; }
trap 'sshd_stop; [ -z "$MADE" ] || rmdir /var/lib/p2v 2>/dev/null || true' EXIT

# as_client ARGUMENT…: OpenSSH's client with the login key
as_client () {
  timeout 20 ssh -F none -p "$SSHD_PORT" -i "$SSHD_DIR/id" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR "$@" \
    >"$WORK/ssh.out" 2>&1 </dev/null
}
# refused ARGUMENT…: only our own words come back, and a failure
refused () {
  local status=0
  as_client "$@" || status=$?
  case $status in
  0 | 124)
    echo "status $status"
    cat "$WORK/ssh.out"
    return 1
    ;;
  esac
  grep -qE "this key may only be used by p2v-client|Usage: p2v-server|no job|forwarding|refused|Connection (to .* )?closed|request failed|administratively prohibited" "$WORK/ssh.out" ||
    { cat "$WORK/ssh.out"; return 1; }
}
# no_forwarding ARGUMENT…: the port or socket that ssh opens here leads nowhere
no_forwarding () {
  refused -o ExitOnForwardFailure=yes "$@" "$SSHD_USER@127.0.0.1"
}

confined () {
  local how=$1 command
  for command in id "p2v-server list" "p2v-server job aaaaaaaa" "p2v-server session; id" \
    "p2v-server session && id" 'p2v-server data $(id) 0' "p2v-server data ../../x 0" \
    $'p2v-server session\nid' "sudo -n id" "sudo -n p2v-server list" "sudo -n -u nobody p2v-server session" \
    "/bin/sh -c id" "P2V_LIBDIR=/tmp p2v-server session" "p2v-server restricted"; do
    check "$how: not \"${command//$'\n'/\\n}\"" refused "$SSHD_USER@127.0.0.1" "$command"
  done
  check "$how: no shell" refused "$SSHD_USER@127.0.0.1"
  check "$how: no shell with a terminal" refused -tt "$SSHD_USER@127.0.0.1"
  check "$how: no files by sftp" refused -s "$SSHD_USER@127.0.0.1" sftp
  check "$how: no way through to a port" no_forwarding -W "127.0.0.1:$SSHD_PORT"
  check "$how: no listening port over there" no_forwarding -R "$(free_port):127.0.0.1:1"
  check "$how: no listening socket over there" no_forwarding -R "$OUT/sock:127.0.0.1:1"
  [ -z "$(ls -A "$OUT")" ] || not_ok "$how: makes nothing" "$(ls -A "$OUT")"
}

# owned WHO MODE PATH…
owned () {
  local want="$1 $2" path others=""
  shift 2
  for path in "$@"; do
    [ "$(stat -c '%u %a' "$path")" = "$want" ] || others+="$(stat -c '%n: %u %a' "$path") instead of $want; "
  done
  [ -z "$others" ] || { echo "$others"; return 1; }
}
# all_owned WHO DIR: everything in it, and for nobody else to see
all_owned () {
  local other
  other=$(find "$2" -maxdepth 1 ! -user "$1" -printf '%p of %u\n')
  echo "$other"
  [ -z "$other" ] && owned "$1" 700 "$2"
}

# started NAME UID: a job that reads its blank disk through its data channels;
# its files; cancelled then, it leaves nothing.
started () {
  local name=$1 uid=$2 jobs=$P2V_STATE_DIR/jobs dir="" _
  client_start
  for _ in $(seq 600); do
    dir=$(echo "$jobs"/????????)
    ! grep -qs '"phase" : "inspect"' "$dir/state.json" || break
    kill -0 "$CLIENT_PID" 2>/dev/null || break
    sleep 0.1
  done
  check "$name: the disks are connected" grep -qs '"phase" : "inspect"' "$dir/state.json"
  check "$name: the job belongs to user $uid, and to nobody else" all_owned "$uid" "$dir"
  check "$name: its sockets too" owned "$uid" 600 "$dir/ctl.sock" "$dir/d0.data" "$dir/d0.ctl"
  check "$name: its process too" owned "$uid" 555 "/proc/$(job_pid "$dir")"
  check "$name: the target is taken by the same user" owned "$uid" 600 "$OUT/.guest.p2v-lock"
  kill -INT "$CLIENT_PID"
  client_wait
  expect_failure "$name: cancelled, nothing is left" cancelled cancelled 60
}
job_pid () {
  python3 -c 'import json, sys; print (json.load (open (sys.argv[1]))["pid"])' "$1/state.json"
}

# ---- an ordinary user, a key that can convert only ----
tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
SOURCE=$WORK/tiny/disk0.raw
unset P2V_STATE_DIR
sshd_start "$WORK/sshd"
sed -i 's/^/restrict,command="p2v-server restricted" /' "$WORK/sshd/authorized_keys"
chown "$SSHD_UID:$SSHD_UID" "$OUT"
confined "key for p2v only"
P2V_STATE_DIR=$SSHD_DIR/home/.local/state/p2v
case_begin
setting of raw
client_run
check "key for p2v only: a whole conversion" test "$CLIENT_STATUS" -eq 0
[ "$CLIENT_STATUS" -eq 0 ] || tail -n 40 "$WORK/client.out" | sed 's/^/# /'
check "the job is in the user's own state directory" all_owned $SSHD_UID "$P2V_STATE_DIR/jobs"
check "image, manifest and definition are the user's alone" owned $SSHD_UID 600 \
  "$OUT/guest-sda" "$OUT"/guest-sda.* "$OUT/guest.xml"
check "nothing is left" test -z "$(left_processes; left_files)"
rm -rf "${OUT:?}"/* "$WORK/tiny" "$P2V_STATE_DIR"/jobs/*
sshd_stop

# ---- the same by ForceCommand ----
truncate -s 64M "$WORK/blank.raw"
SOURCE=$WORK/blank.raw
P2V_STATE_DIR=
sshd_start "$WORK/sshd" "ForceCommand p2v-server restricted" "DisableForwarding yes" "PermitTTY no"
confined "ForceCommand"
P2V_STATE_DIR=$SSHD_DIR/home/.local/state/p2v
case_begin
started "ForceCommand" $SSHD_UID
sshd_stop

# ---- root, and an ordinary user with sudo -n ----
sshd_appliance_cache () { echo /var/lib/p2v/appliance; }
cat >"$WORK/sudoers" <<SUDOERS
Defaults env_reset, use_pty, secure_path="$WORK/sshd/server/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Defaults env_keep += "P2V_TEST_MARK LIBGUESTFS_BACKEND_SETTINGS ASAN_OPTIONS LSAN_OPTIONS"
$SSHD_USER ALL=(root) NOPASSWD: $WORK/sshd/server/bin/p2v-server session, $WORK/sshd/server/bin/p2v-server data *
SUDOERS
chmod 440 "$WORK/sudoers"
SSHD_MOUNTS="$STATE /var/lib/p2v
$WORK/sudoers /etc/sudoers
"
P2V_STATE_DIR=
sshd_start "$WORK/sshd"
P2V_STATE_DIR=$STATE
chown 0:0 "$OUT"
case_begin
setting username root
started root 0
case_begin
setting sudo yes
started "sudo -n" 0
sed -i 's/^/restrict,command="p2v-server restricted" /' "$WORK/sshd/authorized_keys"
case_begin
setting sudo yes
started "sudo -n with a key for p2v only" 0
check "which runs nothing else as root" refused "$SSHD_USER@127.0.0.1" "sudo -n p2v-server list"
check "nothing of these jobs is in the login user's home" test -z "$(ls -A "$SSHD_DIR/home/.local/state/p2v/jobs")"
tap_end
