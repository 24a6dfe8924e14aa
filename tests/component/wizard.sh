#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# The wizard under a display of its own, driven by AT-SPI: Test connection in all its
# ways (wizard.py).  The whole way through it: tests/machine/wizard.sh.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/display.sh
. tests/lib/display.sh
HELPER='' FIRST_PID=''
stop_all () {
  [ -z "$HELPER" ] || kill "$HELPER" 2>/dev/null || true
  sshd_stop
  SSHD_PID=$FIRST_PID
  display_stop
  sshd_stop
}
trap stop_all EXIT

truncate -s 8M "$WORK/disk.raw"
bench_start "PasswordAuthentication yes"
PORT=$SSHD_PORT SILENT=$(free_port) REFUSED=$(free_port) HOSTKEY=$SSHD_HOSTKEY
DISK=$WORK/disk.raw PASSWORD=$SSHD_PASSWORD
export WORK PORT SILENT REFUSED HOSTKEY DISK PASSWORD
# A second one, which asks by itself, and is the jump host.
FIRST_PID=$SSHD_PID
sshd_start "$WORK/asking" "UsePAM yes" "KbdInteractiveAuthentication yes" "AuthenticationMethods keyboard-interactive" "AllowTcpForwarding yes"
ASKING=$SSHD_PORT ASKING_KEY=$SSHD_HOSTKEY
export ASKING ASKING_KEY
# Accepts and never speaks.
python3 -c 'import socket, sys, time
s = socket.create_server (("127.0.0.1", int (sys.argv[1])), backlog=16)
kept = []
while True: kept.append (s.accept ())' "$SILENT" &
HELPER=$!
wait_port "$SILENT"
display_start 800x600
display_run /usr/bin/python3 tests/component/wizard.py || { sed 's/^/# /' "$WORK/client.log"; exit 1; }
# GTK tells its troubles on standard error.
if grep -aE 'CRITICAL|WARNING' "$WORK/client.log"; then exit 1; fi
