#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# Where the client's log goes: the job's log on a real server, a remote syslog by UDP and TCP,
# and onto no disk but a stick; everywhere without the password.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
LOOP='' RECEIVER=''
stop_all () {
  [ -z "$RECEIVER" ] || kill "$RECEIVER" 2>/dev/null || true
  [ -z "$LOOP" ] || losetup -d "$LOOP"
  sshd_stop
}
trap stop_all EXIT
SOURCE=$WORK/source.raw
truncate -s 64M "$SOURCE"
bench_start "PasswordAuthentication yes"
python3 tests/lib/syslogd.py "$WORK/ports" "$WORK/syslog" &
RECEIVER=$!
for _ in $(seq 100); do [ -s "$WORK/ports" ] && break; sleep 0.1; done
read -r UDP TCP <"$WORK/ports"

# The target is wrong: a whole conversation, with a job and its log, and no copy.
run () {
  case_begin
  setting identity
  setting os "$WORK/missing"
  EXTRA="p2v.password=\"$SSHD_PASSWORD\" \"p2v.pre=echo hello from pre; echo it is $SSHD_PASSWORD\" $1"
  rm -rf "$P2V_STATE_DIR/jobs"/*
  : >"$WORK/syslog"
  client_run
}
# has FILE RE…
has () {
  local file=$1 re
  shift
  for re; do grep -qE -- "$re" "$file" || { echo "not there: $re"; cat "$file"; return 1; }; done
}
lacks () { ! grep -aF -- "$2" "$1"; }

run "p2v.log=syslog://127.0.0.1:$UDP,syslog+tcp://localhost:$TCP"
check "it fails as it should" test "$CLIENT_STATUS" = 1
for way in udp tcp; do
  check "$way: format, name and who it is" has "$WORK/syslog" \
    "^$way <30>1 20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z guest p2v-client - - - p2v-client .* UUID"
  check "$way: the command of p2v.pre and what it printed" has "$WORK/syslog" "^$way .*running the command of p2v.pre" "^$way .*p2v.pre: hello from pre"
  check "$way: phases, and the end with its reason" has "$WORK/syslog" "^$way .* phase connect: " "^$way <27>1 .* ended without a guest: .*$WORK/missing"
done
check "nothing comes twice" test -z "$(grep '^udp' "$WORK/syslog" | sed 's/.* - - - //' | uniq -d)"
check "the password was said to nobody" lacks "$WORK/syslog" "$SSHD_PASSWORD"
check "but was written as stars" has "$WORK/syslog" "p2v.pre: it is \*\*\*\*"
JOB_LOG=$(echo "$P2V_STATE_DIR"/jobs/*/log)
check "the job's log has the client's lines" has "$JOB_LOG" "client: p2v-client .* UUID" "client: p2v.pre: hello from pre"
check "without the password" lacks "$JOB_LOG" "$SSHD_PASSWORD"

kill "$RECEIVER"
wait "$RECEIVER" 2>/dev/null || true
RECEIVER=''
run "p2v.log=syslog+tcp://127.0.0.1:$TCP"
check "a receiver that is not there holds nothing up ($CLIENT_SECONDS s)" test "$CLIENT_STATUS" = 1 -a "$CLIENT_SECONDS" -le 15
run "p2v.log=LABEL=NOSUCH0"
check "nor does a stick that is not there, but it is said" test "$CLIENT_STATUS" = 1 -a -n "$(grep 'label NOSUCH0 is not there' "$WORK/client.out")"
run "p2v.log=somewhere"
check "a place that cannot be is refused" test "$CLIENT_STATUS" = 2 -a -n "$(grep 'syslog://HOST' "$WORK/client.out")"

truncate -s 16M "$WORK/own.img"
mkfs.ext4 -q -L P2VOWN "$WORK/own.img"
if grep -qw ext4 /proc/filesystems && LOOP=$(attach_loop "$WORK/own.img"); then
  sum=$(sha256sum <"$WORK/own.img")
  run "p2v.log=LABEL=P2VOWN"
  check "a disk that nobody can pull out is not written to" has "$WORK/client.out" "P2VOWN is on a disk of this machine, which is never written"
  losetup -d "$LOOP"
  LOOP=''
  check "not a byte" test "$(sha256sum <"$WORK/own.img")" = "$sum"
fi
tap_end
