#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 900
# The wizard from the first page to the last, by keyboard, against a real sshd and
# p2v-server, with the tiny guest.  SHOTS=DIR SIZE=WIDTHxHEIGHT WIZARD_LANG=de: for
# `make screenshots`, where a p2v-server without an appliance (server-tool) will do.
# tests/component/wizard-layout.sh goes the same way.
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

STAND_IN=${SHOTS:+1} SETTLE=${SHOTS:+8}
export STAND_IN SETTLE
if [ -n "$STAND_IN" ]; then
  DISK=$WORK/sda.raw
  disk_with_os "$DISK" 48M 512M
else
  tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
  DISK=$WORK/tiny/disk0.raw
fi
bench_start "PasswordAuthentication yes"
[ -z "$STAND_IN" ] || install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
PORT=$SSHD_PORT LOGIN=$SSHD_USER PASSWORD=$SSHD_PASSWORD HOSTKEY=$SSHD_HOSTKEY
export WORK DISK PORT LOGIN PASSWORD HOSTKEY
before=$(sha256sum <"$DISK")
display_start "${SIZE:-800x600}"
DISPLAY_LANGUAGE=${WIZARD_LANG:-} display_run /usr/bin/python3 tests/machine/wizard.py ||
  { sed 's/^/# /' "$WORK/client.log"; exit 1; }
[ "$(sha256sum <"$DISK")" = "$before" ] || { echo "# the source was written to"; exit 1; }
if grep -aE 'CRITICAL|WARNING' "$WORK/client.log"; then exit 1; fi
