#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# The image has a driver for what servers have (drivers.list, which was not made from it),
# and the firmware that drivers name, as far as Debian packages it; docs/hardware.md knows
# every driver.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

# Debian has no package with these (cards that servers hardly have).
ABSENT='^firmware: ((acenic|aic94xx|ast|cassini|mscc|smc91c92_cs|starfire|wd719x) |nfp names netronome/nic_AMDA00(58|99-0001_1x10_1x25))'

check "every card of drivers.list has a driver" iso/hardware.py "$BUILD/p2v.iso" --check tests/machine/drivers.list
iso/hardware.py "$BUILD/p2v.iso" --check tests/machine/drivers.list >"$WORK/found" || true
tail -n 1 "$WORK/found" | sed 's/^/# /'
check "the list is long enough" test "$(grep -c '^[0-9a-f]' tests/machine/drivers.list)" -ge 40
check "no other firmware is missing" bash -c "! grep '^firmware: ' '$WORK/found' | grep -Ev '$ABSENT'"
iso/hardware.py "$BUILD/p2v.iso" >"$WORK/hardware.md"
drivers () { sed -n 's/^| \([a-z0-9\\_-]*\) |.*/\1/p' "$1" | sort -u; }
check "docs/hardware.md names its drivers" diff <(drivers docs/hardware.md) <(drivers "$WORK/hardware.md")
tap_end
