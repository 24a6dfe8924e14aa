#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# What the wizard asks while it converts: which of several operating systems, and the passphrase
# of an encrypted disk that none of the given ones opens.  Client, sshd, tunnel, brokers and copy
# are real, the appliance's phases stand-ins.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/display.sh
. tests/lib/display.sh
stop_all () {
  display_stop
  sshd_stop
}
trap stop_all EXIT

SOURCE=$WORK/disk.raw
head -c 16M /dev/urandom >"$SOURCE"
bench_start
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
case_begin
setting name
setting root ask
CMDLINE="$(cmdline) p2v.gui"
export WORK CMDLINE OUT
display_start 800x600
display_run /usr/bin/python3 tests/component/wizard_choices.py || { sed 's/^/# /' "$WORK/client.log"; exit 1; }
if grep -aE 'CRITICAL|WARNING' "$WORK/client.log"; then exit 1; fi
[ -z "$(left_processes)" ]
