#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1800
# The wizard in the booted image, by keyboard alone, from the first page until the old
# machine is off.  SHOTS=DIR keeps a picture of every page.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

RUN=$WORK/machine
SHOTS=${SHOTS:-$WORK}
stop_all () {
  physical_stop "$RUN"
  sshd_stop
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
sum=$(sha256sum <"$WORK/tiny/disk0.raw")
bench_start "PasswordAuthentication yes"
# The client's messages come out on the serial line: which page it shows.
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args "systemd.journald.forward_to_console=1" >"$WORK/iso.log" 2>&1 ||
  { cat "$WORK/iso.log"; exit 1; }
physical_start --guest "$WORK/tiny" --run "$RUN" --iso "$WORK/site.iso"

keys () { python3 tests/lib/qmp.py "$RUN/qmp.sock" --type "$1"; }
picture () { sleep 3; physical_screen "$RUN" "$SHOTS/$1.png"; }
page () {
  physical_await "$RUN" "$2" "Page: P2vPage$1" || { tail -n 20 "$RUN/serial.log"; return 1; }
  picture "page-$1"
}
# logins N: until the server's sshd has seen the end of N connections
logins () {
  local _
  for _ in $(seq 240); do
    [ "$(grep -cE 'Disconnected from|Connection closed by|Connection reset by' "$WORK/sshd/sshd.log")" -lt "$1" ] || return 0
    sleep 0.5
  done
  tail -n 20 "$WORK/sshd/sshd.log"
  return 1
}

check "the image shows the wizard by itself" page Server 240
keys "192.168.77.2	$SSHD_PORT	$SSHD_USER		$SSHD_PASSWORD
"
check "it asks about the host key" logins 1
picture fingerprint
keys $'\n'
check "it logs in and asks the server" logins 2
picture connected
keys $'\n'
check "this machine" page Machine 60
keys $'converted\n'
check "the target" page Target 60
keys "	$OUT"$'\n'
check "the check" page Check 60
logins 3 || true
picture checked
keys $'\n'
check "the conversion runs" page Progress 120
sleep 60
picture running
check "and ends" page Done 1200
check "the guest is there" test -s "$OUT/converted-sda" -a -s "$OUT/converted.xml"
keys $'\n'
check "the button switches the machine off" physical_wait "$RUN" 120
check "the disk was not written to" test "$(sha256sum <"$WORK/tiny/disk0.raw")" = "$sum"
tap_end
