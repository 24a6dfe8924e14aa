#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# The dialog in text on a pseudo-terminal (text.py): a whole conversion by keyboard alone,
# where client, sshd, tunnel, brokers and copy are real and only the appliance's phases are
# stand-ins; the ways in which Test connection fails; and what terminals there are.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
HELPER='' FIRST_PID=''
stop_all () {
  [ -z "$HELPER" ] || kill "$HELPER" 2>/dev/null || true
  sshd_stop
  SSHD_PID=$FIRST_PID
  sshd_stop
}
trap stop_all EXIT

bench_start "PasswordAuthentication yes" "AllowTcpForwarding yes"
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
head -c 24M /dev/urandom >"$WORK/disk.raw"
PORT=$SSHD_PORT SILENT=$(free_port) REFUSED=$(free_port) HOSTKEY=$SSHD_HOSTKEY
DISK=$WORK/disk.raw PASSWORD=$SSHD_PASSWORD
export WORK OUT PORT SILENT REFUSED HOSTKEY DISK PASSWORD
# A second one, which asks by itself.
FIRST_PID=$SSHD_PID
sshd_start "$WORK/asking" "UsePAM yes" "KbdInteractiveAuthentication yes" "AuthenticationMethods keyboard-interactive"
ASKING=$SSHD_PORT ASKING_KEY=$SSHD_HOSTKEY
export ASKING ASKING_KEY
# Accepts and never speaks.
python3 -c 'import socket, sys, time
s = socket.create_server (("127.0.0.1", int (sys.argv[1])), backlog=16)
kept = []
while True: kept.append (s.accept ())' "$SILENT" &
HELPER=$!
wait_port "$SILENT"
HOME=$WORK/client-home PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/component/text.py ||
  { tail -n 20 "$WORK/client.log" "$P2V_STATE_DIR"/jobs/*/log 2>/dev/null | sed 's/^/# /'; exit 1; }
expect_clean_jobs () { SOURCE='' SOURCE_SUM='' left_processes; }
[ -z "$(expect_clean_jobs)" ]
