#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 600
# Disks that cannot be converted: the appliance looks at them, says why, and
# everything is gone again.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
trap sshd_stop EXIT
SOURCE=$WORK/disk.raw

bench_start

# variant_fails VARIANT NAME CLIENT-RE SERVER-RE
variant_fails () {
  tests/guests/tiny-disk.sh --variant "$1" --out "$WORK/$1" >"$WORK/make.log" 2>&1 ||
    { not_ok "$2" "$(cat "$WORK/make.log")"; return; }
  SOURCE=$WORK/$1/disk0.raw
  SOURCE_SUM=$(sha256sum <"$SOURCE")
  case_begin
  client_run
  expect_failure "$2" "$3" "$4" 120
  rm -rf "${WORK:?}/$1"
}

variant_fails blank "blank disk" "blank|nothing on (it|the disk)" "failed.*blank"
variant_fails no-os "no known operating system" "no (known )?operating system" "failed.*operating system"
variant_fails luks "encrypted disk" "is encrypted .LUKS." "failed.*is encrypted .LUKS..*Give its passphrase"
variant_fails full-root "full root file system" "[Ff]ree at least" "failed.*free"

tap_end
