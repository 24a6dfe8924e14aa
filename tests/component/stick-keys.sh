#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 60
# Private keys on a stick, here a loop device: found, copied into memory, and the stick is the
# same afterwards and mounted nowhere.  On real USB: tests/slow/stick-key.sh.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
LOOPS=()
stop_all () {
  local loop
  for loop in "${LOOPS[@]}"; do losetup -d "$loop" 2>/dev/null || true; done
}
trap stop_all EXIT

grep -qw ext4 /proc/filesystems || { echo "1..0 # SKIP no ext4 here"; exit 0; }
ssh-keygen -q -t ed25519 -N '' -f "$WORK/id"
mkdir -p "$WORK/tree/keys/rack/one/deep"
cp "$WORK/id" "$WORK/tree/keys/id_ed25519"
cp "$WORK/id.pub" "$WORK/tree/keys/id_ed25519.pub"
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$WORK/tree/server.pem" 2>/dev/null ||
  openssl genrsa -out "$WORK/tree/server.pem" 2048 2>/dev/null
sed 's/$/\r/' "$WORK/id" >"$WORK/tree/from-windows"
cp "$WORK/id" "$WORK/tree/keys/rack/one/deep/too-deep"
echo 'a text about a PRIVATE KEY-----' >"$WORK/tree/readme"
{ cat "$WORK/id"; head -c 100K /dev/zero; } >"$WORK/tree/too-large"
ln -s ../../../../../../../../"$WORK/id" "$WORK/tree/link"
ln -s "$WORK" "$WORK/tree/folder"

# stick NAME: the loop device of $WORK/NAME.img
stick () { attach_loop --read-only "$WORK/$1.img"; }
mke2fs -q -F -t ext4 -d "$WORK/tree" "$WORK/ext4.img" 16M >/dev/null
mke2fs -q -F -t ext4 "$WORK/empty.img" 16M >/dev/null
printf 'from-windows  (here)\nkeys/id_ed25519  (here)\nserver.pem  (here)\nkept: %s/keys/from-windows\n' "$P2V_RUN_DIR" >"$WORK/expected"
sha256sum "$WORK"/*.img >"$WORK/before"

look () {
  local device
  device=$(stick "$1") || { echo "1..0 # SKIP no loop devices here"; exit 0; }
  LOOPS+=("$device")
  "$BUILD/tests/stick-tool" "$device" >"$WORK/found"
}
look ext4
check "private keys in any form, and nothing else; no link is followed" diff -u "$WORK/expected" "$WORK/found"
check "the copy is the key" cmp "$WORK/id" "$P2V_RUN_DIR/keys/from-windows"
check "for its owner alone" test "$(stat -c %a "$P2V_RUN_DIR/keys" "$P2V_RUN_DIR/keys/from-windows" | paste -sd' ')" = "700 600"
check "SSH takes it" ssh-keygen -y -f "$P2V_RUN_DIR/keys/from-windows"
look empty
check "a stick without keys" test "$(cat "$WORK/found")" = "kept: nothing"
check "no stick stays mounted" sh -c '! grep "$1" /proc/mounts' - "$P2V_RUN_DIR"
check "nothing was written to one" sha256sum --quiet -c "$WORK/before"
tap_end
