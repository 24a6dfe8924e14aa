#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# The wizard finds a job of this machine that waits: goes on with it, or begins anew; and
# then saves a support file with both sides' logs on the conversion server.  Before that: the
# window lives while disks, sticks and files keep it waiting.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/saved.sh
. tests/lib/saved.sh
# shellcheck source=tests/lib/display.sh
. tests/lib/display.sh
stop_all () {
  [ -z "${CLIENT_PID:-}" ] || kill -KILL "$CLIENT_PID" 2>/dev/null || true
  display_stop
  sshd_stop
}
trap stop_all EXIT

SOURCE=$WORK/disk.raw
head -c 24M /dev/urandom >"$SOURCE"
# Without a table of partitions it would be like any other disk.
printf 'label: gpt\nstart=2048, size=32768\n' | sfdisk -q "$SOURCE" 2>/dev/null
bench_start "PasswordAuthentication yes"
install -t "$WORK/sshd/server/bin" "$BUILD/tests/server-tool"
PASSWORD=$SSHD_PASSWORD HOLD=$WORK/hold
export WORK PASSWORD HOLD
# Its log takes as long as $HOLD is there.
rm "$WORK/sshd/server/bin/p2v-server"
cat >"$WORK/sshd/server/bin/p2v-server" <<END
#!/bin/sh
while [ "\$1" = support ] && [ -e "$HOLD" ]; do sleep 0.1; done
exec "$WORK/sshd/server/bin/server-tool" "\$@"
END
chmod 755 "$WORK/sshd/server/bin/p2v-server"

in_copy () {
  DIR=$(echo "$P2V_STATE_DIR"/jobs/*)
  [ "$(state_member phase)" = copy ]
}
state_copy_waits () { state_is waiting; }

case_begin
setting bandwidth 1M
client_start
wait_until in_copy || { cat "$WORK/client.out"; exit 1; }
kill -KILL "$CLIENT_PID"
wait "$CLIENT_PID" 2>/dev/null || true
CLIENT_PID=
rm -rf "$P2V_RUN_DIR"
wait_until state_copy_waits
JOB=$(basename "$DIR")
# By password: it must be in no file that is saved.
setting identity
setting bandwidth
CMDLINE="$(cmdline) p2v.gui"
export JOB CMDLINE
display_start 800x600
display_run /usr/bin/python3 tests/component/wizard_waiting.py || { sed 's/^/# /' "$WORK/client.log"; exit 1; }
if grep -aE 'CRITICAL|WARNING' "$WORK/client.log"; then exit 1; fi
