#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# A run without a person whose passphrase (p2v.luks=) opens nothing: the job comes to a halt and
# says what to do; the machine is started again with the right one, and the job goes on by
# itself.  Client, sshd, tunnel, brokers and copy are real, the appliance's phases stand-ins.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/saved.sh
. tests/lib/saved.sh
stop_all () {
  [ -z "${CLIENT_PID:-}" ] || kill -KILL "$CLIENT_PID" 2>/dev/null || true
  sshd_stop
}
trap stop_all EXIT

SOURCE=$WORK/disk.raw
head -c 24M /dev/urandom >"$SOURCE"
# Without a table of partitions it would be like any other disk.
printf 'label: gpt\nstart=2048, size=32768\n' | sfdisk -q "$SOURCE" 2>/dev/null
bench_start
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"

stopped () {
  DIR=$(echo "$P2V_STATE_DIR"/jobs/*)
  state_is stopped
}
waits () { state_is stopped || state_is waiting; }
said () { grep -qE -- "$1" "$WORK/client.out" || { tail -n 20 "$WORK/client.out"; return 1; }; }
remedy () { state_member remedy | grep -E -- "$1" || { state_member remedy; return 1; }; }
# Dies like a machine that is switched off.
switch_off () {
  kill -KILL "$CLIENT_PID"
  wait "$CLIENT_PID" 2>/dev/null || true
  rm -rf "$P2V_RUN_DIR"
}

case_begin
setting name locked-02
setting luks "Hokuspokus"
client_start
wait_until stopped || { sed 's/^/# /' "$WORK/client.out"; exit 1; }
ok "a passphrase that opens nothing stops the job"
JOB=$(basename "$DIR")
check "the machine's screen says so" wait_until said '== stopped: None of the given passphrases opens /dev/sda2 .LUKS.'
check "and what to do" said 'from the image again, with the right passphrase .p2v.luks=.'
check "as does the conversion server" remedy 'Then the job goes on; nothing that was done is lost'
switch_off
check "without its client the job stays" waits
# Once more the wrong one.
setting luks "Abrakadabra"
client_start
check "another wrong one is told by the same job" wait_until said '== stopped: None of the given passphrases'
check "which is no other" test "$(ls "$P2V_STATE_DIR/jobs")" = "$JOB"
switch_off
# And the job's process dies with it, as when the conversion server is switched off.
kill -KILL "$(state_member pid)"
setting luks "anders,sesame"
client_run
check "with the right one the job goes on to its end" test $CLIENT_STATUS -eq 0 ||
  tail -n 20 "$WORK/client.out" | sed 's/^/# /'
check "in the same job directory" test "$(ls "$P2V_STATE_DIR/jobs")" = "$JOB"
unsaid () { ! grep -rE 'Hokuspokus|Abrakadabra|sesame' "$WORK/client.out" "$DIR"; }
check "and no passphrase is in it or on the screen" unsaid
tap_end
