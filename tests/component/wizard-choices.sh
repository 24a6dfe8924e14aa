#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# What the wizard asks while it converts: which of several operating systems, and the passphrase
# of an encrypted disk that none of the given ones opens; and the passphrase that it asks for
# before, as it sees such a disk.  Client, sshd, tunnel, brokers and copy are real, so is the
# encrypted disk (a loop device, with udev's word of it in a namespace of this test), the
# appliance's phases stand-ins.
set -euo pipefail
[ -n "${OWN_NAMESPACE:-}" ] || OWN_NAMESPACE=1 exec unshare --mount --propagation private "$0"
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/display.sh
. tests/lib/display.sh
LOCKED=
stop_all () {
  display_stop
  sshd_stop
  [ -z "$LOCKED" ] || losetup -d "$LOCKED" || true
}
trap stop_all EXIT

mount -t tmpfs run /run
mkdir -p /run/sshd /run/udev/data
truncate -s 32M "$WORK/locked.raw"
printf sesame | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$WORK/locked.raw" -
locked_sum=$(sha256sum <"$WORK/locked.raw")
LOCKED=$(attach_loop --read-only "$WORK/locked.raw") || { echo "1..0 # SKIP no loop devices here"; exit 0; }
{ echo I:1; blkid -p -o udev "$WORK/locked.raw" | sed 's/^/E:/'; } \
  >"/run/udev/data/b$(printf %d:%d "0x$(stat -c %t "$LOCKED")" "0x$(stat -c %T "$LOCKED")")"

SOURCE=$WORK/disk.raw
head -c 16M /dev/urandom >"$SOURCE"
bench_start
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
case_begin
setting name
setting root ask
CMDLINE="$(cmdline) p2v.gui"
export WORK CMDLINE OUT SOURCE LOCKED
display_start 800x600
display_run /usr/bin/python3 tests/component/wizard_choices.py || { sed 's/^/# /' "$WORK/client.log"; exit 1; }
if grep -aE 'CRITICAL|WARNING' "$WORK/client.log"; then exit 1; fi
[ -z "$(left_processes)" ]
[ "$(sha256sum <"$WORK/locked.raw")" = "$locked_sum" ]
