#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1800
# A whole conversion of a guest whose root file system is encrypted: its passphrase comes with
# p2v.luks=, on standard input.  The result keeps its encryption, asks for the passphrase on the
# console, and boots with it.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
trap sshd_stop EXIT

tests/guests/luks-disk.sh --out "$WORK/guest" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
# shellcheck disable=SC1091 # made by luks-disk.sh
. "$WORK/guest/guest.env"
SOURCE=$WORK/guest/disk0.raw
SOURCE_SUM=$(sha256sum <"$SOURCE")
bench_start

case_begin
setting of qcow2
# A space ends a word of the kernel arguments.
setting luks "\"anders,$GUEST_PASSPHRASE\""
client_start_secret
client_wait
check "the conversion is done ($CLIENT_SECONDS s)" test $CLIENT_STATUS -eq 0 ||
  tail -n 60 "$WORK/client.out" "$P2V_STATE_DIR"/jobs/*/log | sed 's/^/# /'
JOB=$(echo "$P2V_STATE_DIR"/jobs/*)
check "the root file system was found in the encrypted volume" grep -E "root file system on /dev/mapper/(p2v_luks0|$GUEST_CRYPT)" "$JOB/log"
unsaid () { ! grep -rF -e "$GUEST_PASSPHRASE" -e "${GUEST_PASSPHRASE#* }" "$JOB" "$WORK/client.out" "$WORK/client.log"; }
check "the passphrase is in no log, report or state" unsaid
check "the source is unchanged" test "$(sha256sum <"$SOURCE")" = "$SOURCE_SUM"
encrypted () {
  qemu-img convert -O raw "$OUT/guest-sda" "$WORK/result.raw"
  dd if="$WORK/result.raw" of="$WORK/part" bs=1M skip=$(($(sfdisk -J "$WORK/result.raw" |
    python3 -c 'import json, sys; print (json.load (sys.stdin)["partitiontable"]["partitions"][-1]["start"])') / 2048)) status=none
  cryptsetup isLuks "$WORK/part"
  rm -f "$WORK/part" "$WORK/result.raw"
}
check "the result is still encrypted" encrypted

status=0
tests/lib/boot-result.sh --console --guest "$WORK/guest" --run "$WORK/boot" "$OUT/guest-sda" >"$WORK/boot.log" 2>&1 || status=$?
sed 's/^/# /' "$WORK/boot.log"
[ $status -eq 0 ] || tail -n 40 "$WORK/boot/serial.log" | tr -d '\r' | sed 's/^/# /'
check "it asks for its passphrase and boots to the login" test $status -eq 0
tap_end
