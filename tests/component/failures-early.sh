#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# Failures that need no appliance: each ends within seconds with a sentence
# that says what to do, on both sides, and leaves nothing behind.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
trap 'sshd_stop; umount "$WORK/small" 2>/dev/null || true' EXIT

SOURCE=$WORK/source.raw
truncate -s 64M "$SOURCE"
SOURCE_SUM=$(sha256sum <"$SOURCE")
bench_start "PasswordAuthentication yes"

case_begin
setting identity
setting password wrong
client_run
expect_failure "wrong password" "password.*p2v\.password" "" 20

case_begin
ssh-keygen -q -t ed25519 -N '' -f "$WORK/other"
setting identity "file://$WORK/other"
client_run
expect_failure "refused key" "refused.*authorized_keys" "" 20

case_begin
setting identity "file://$WORK/nowhere"
client_run
expect_failure "identity that does not exist" "$WORK/nowhere" "" 10

case_begin
setting port "$(free_port)"
client_run
expect_failure "unreachable server" "127\.0\.0\.1.*(refused|reach)" "" 30

case_begin
setting hostkey
client_run
expect_failure "unknown host key" "p2v\.hostkey=${SSHD_HOSTKEY//+/[+]}" "" 20

case_begin
ssh-keygen -q -t ed25519 -N '' -f "$WORK/otherhost"
setting hostkey "$(ssh-keygen -lf "$WORK/otherhost.pub" | cut -d' ' -f2)"
client_run
expect_failure "changed host key, by argument" "host key.*(differ|changed|not the)" "" 20

case_begin
setting hostkey
mkdir -p "$WORK/client-home/.ssh"
echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$WORK/otherhost.pub")" >"$WORK/client-home/.ssh/known_hosts"
client_run
expect_failure "changed host key, by known_hosts" "host key.*(differ|changed|not the)" "" 20
rm "$WORK/client-home/.ssh/known_hosts"

case_begin
setting disks sdzz
client_run
expect_failure "disk that does not exist" "sdzz" "" 5

case_begin
EXTRA="p2v.servr=x"
client_run
expect_failure "unknown argument names the nearest" "p2v\.servr.*p2v\.server" "" 5

case_begin
setting os "$WORK/missing"
client_run
expect_failure "target directory missing" "$WORK/missing.*(exist|Create)" "failed.*$WORK/missing" 20

case_begin
setting os "$WORK/sshd"
client_run
expect_failure "target directory not writable" "$WORK/sshd.*writ" "failed.*$WORK/sshd.*writ" 20

case_begin
setting o nonsense
client_run
expect_failure "unknown kind of target" "nonsense.*local" "" 20

sshd_stop
mv "$WORK/sshd/server" "$WORK/sshd/server-away"
SSHD_NO_SERVER=1 bench_start
case_begin
client_run
expect_failure "server without p2v-server" "p2v-server.*install" "" 20
sshd_stop

# A p2v-server of another time.
mkdir -p "$WORK/sshd/server/bin"
cat >"$WORK/sshd/server/bin/p2v-server" <<'SERVER'
#!/bin/sh
echo '{"type":"hello","protocol":99,"version":"9.9","targets":["local"],"digest":"xxh3-128"}'
cat >/dev/null
SERVER
chmod 755 "$WORK/sshd/server/bin/p2v-server"
SSHD_NO_SERVER=1 bench_start
case_begin
client_run
expect_failure "protocol version mismatch" "protocol.*99" "" 20
sshd_stop

# Garbage instead of the protocol, as a talkative login shell would print.
printf '#!/bin/sh\necho Welcome to conv.example\ncat >/dev/null\n' >"$WORK/sshd/server/bin/p2v-server"
SSHD_NO_SERVER=1 bench_start
case_begin
client_run
expect_failure "a login shell that talks" "not a message of p2v" "" 20
sshd_stop
rm -rf "$WORK/sshd/server"
mv "$WORK/sshd/server-away" "$WORK/sshd/server"

# Passwords by keyboard-interactive only.
bench_start "UsePAM yes" "KbdInteractiveAuthentication yes" "PasswordAuthentication no"
case_begin
setting identity
setting password wrong
client_run
expect_failure "wrong password by keyboard-interactive" "password.*p2v\.password" "" 20
sshd_stop

# No room for the job.
mkdir "$WORK/small"
mount -t tmpfs -o size=4M,mode=755 tmpfs "$WORK/small"
mkdir "$WORK/small/state"
P2V_STATE_DIR=$WORK/small/state bench_start
P2V_STATE_DIR=$WORK/small/state
case_begin
client_run
expect_failure "job directory too small" "job directory.*(room|space)" "failed.*job directory.*(room|space)" 30

tap_end
