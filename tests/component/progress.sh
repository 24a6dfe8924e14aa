#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 150
# What a front-end hears while two disks are copied over a link with a rate: client, sshd,
# tunnel, brokers and copy are real, only the appliance's phases are stand-ins.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
HELPERS=()
stop_all () {
  local pid
  for pid in "${HELPERS[@]}"; do kill "$pid" 2>/dev/null || true; done
  sshd_stop
}
trap stop_all EXIT

bench_start
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
# Of the 32 and 16 MiB, eight of each disk need not cross the link.
LINK_MIB=32
head -c 32M /dev/urandom >"$WORK/a.raw"
head -c 16M /dev/urandom >"$WORK/b.raw"
SOURCE=$WORK/a.raw,$WORK/b.raw

# run NAME: a conversion, its events in $WORK/NAME; how far each disk is, in $WORK/NAME.disks;
# the client's seconds of processor time in CPU
run () {
  local name=$1 pid job TIMEFORMAT='%U %S'
  { time "$BUILD/tests/event-tool" "$(cmdline)" >"$WORK/$name" 2>"$WORK/$name.err"; } 2>"$WORK/$name.cpu" &
  pid=$!
  : >"$WORK/$name.disks"
  while kill -0 "$pid" 2>/dev/null; do
    for job in "$P2V_STATE_DIR"/jobs/*/; do
      # The records of the client grow with what each disk was asked.
      stat -c %s "$job"d0.digests "$job"d1.digests 2>/dev/null | paste -sd' ' >>"$WORK/$name.disks" || true
    done
    sleep 0.5
  done
  STATUS=0
  wait "$pid" || STATUS=$?
  CPU=$(awk '{ print $1 + $2 }' "$WORK/$name.cpu")
  rm -rf "${OUT:?}"/*
  [ "$STATUS" -eq 0 ] || { sed 's/^/# /' "$WORK/$name" "$WORK/$name.err"; tail -n 30 "$P2V_STATE_DIR"/jobs/*/log | sed 's/^/# /'; }
  rm -rf "${P2V_STATE_DIR:?}"/jobs/*
}

# judge WHAT FILE [RATE]: what must be true of the events
judge () { python3 tests/component/progress.py "$1" "$WORK/$2" "${@:3}"; }

common () {
  check "$1: the conversion ends well" test "$STATUS" -eq 0
  check "$1: an event at least once a second" judge often "$1"
  check "$1: the percent never falls, and ends at 100" judge monotone "$1"
  check "$1: one total of both disks, and what of it crosses the link" judge total "$1" "$((LINK_MIB << 20))"
  check "$1: from a third of the copy on, the time left is right within 20 %" judge left "$1"
  check "$1: both disks are copied at the same time" judge together "$1.disks"
}

case_begin
setting bandwidth 2M
run capped
common capped
check "capped: the rate is the one of p2v.bandwidth, within 10 %" judge rate capped $((2 << 20))
check "capped: waiting costs no processor time ($CPU s)" awk -v cpu="$CPU" 'BEGIN { exit !(cpu < 4) }'
sed -n '/^# /p' "$WORK/capped.err"

# One link for all, with data of which only the later part shrinks, as on most disks.
python3 - "$WORK" <<'PYTHON'
import os, sys
for name, mib in (("a", 32), ("b", 16)):
    with open (os.path.join (sys.argv[1], name + ".raw"), "wb") as f:
        for unit in range (mib * 16):
            f.write (os.urandom (32768) + (os.urandom (32768) if unit < mib * 5 else bytes (32768)))
PYTHON
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 1200000 &
HELPERS+=($!)
wait_port "$link"
case_begin
setting port "$link"
setting connections 1
run slow
common slow
tap_end
