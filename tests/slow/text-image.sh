#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1500
# The dialog in text in the booted image, on the serial line: it takes the place of the
# wizard on the screen when somebody presses Enter there, makes a bond of two cards, and goes
# from the first page until the old machine is off (text-image.py).  The server's appliance
# phases are stand-ins.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

RUN=$WORK/machine
stop_all () {
  physical_stop "$RUN"
  sshd_stop
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --variant no-os --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
sum=$(sha256sum <"$WORK/tiny/disk0.raw")
bench_start "PasswordAuthentication yes"
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
physical_start --guest "$WORK/tiny" --run "$RUN" --iso "$BUILD/p2v.iso" \
  --qemu "-netdev hubport,id=h1,hubid=1 -device e1000,netdev=h1,mac=52:54:00:00:00:21" \
  --qemu "-netdev hubport,id=h2,hubid=1 -device e1000,netdev=h2,mac=52:54:00:00:00:22"
export RUN OUT PORT=$SSHD_PORT PASSWORD=$SSHD_PASSWORD SSHD_USER
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/slow/text-image.py || { tail -n 40 "$RUN/serial.log" | cut -c 1-200 | sed 's/^/# /'; exit 1; }
physical_wait "$RUN" 120
[ -s "$OUT/serial-01-sda" ] && [ -s "$OUT/serial-01.xml" ]
[ "$(sha256sum <"$WORK/tiny/disk0.raw")" = "$sum" ]
