#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 900
# The dialog in text in the booted image, on its screen: the layout that is chosen there is that
# of the keyboard.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

RUN=$WORK/machine
trap 'physical_stop "$RUN"' EXIT
tests/guests/tiny-disk.sh --variant no-os --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
# With a German keyboard these letters come of "looky".
mkdir -p "$WORK/tree/usr/bin"
cat >"$WORK/tree/usr/bin/lookz" <<'LOOK'
#!/bin/bash
{
	tr -cs 'a-z' '\n' </dev/vcs1 | sed -n '/^look[yz]$/s/^/look: the field has /p'
	echo "look: end"
} >/dev/ttyS0
LOOK
chmod 755 "$WORK/tree/usr/bin/lookz"
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args p2v.text --add-tree "$WORK/tree" >"$WORK/iso.log" 2>&1 ||
  { cat "$WORK/iso.log"; exit 1; }
physical_start --guest "$WORK/tiny" --run "$RUN" --iso "$WORK/site.iso"

# press KEY…: all of them at once (QEMU's names)
press () {
  local key keys=''
  for key; do keys+="${keys:+, }{\"type\": \"qcode\", \"data\": \"$key\"}"; done
  physical_qmp "$RUN" send-key "{\"keys\": [$keys]}" >/dev/null
  sleep "${PAUSE:-1}"
}
picture () { [ -z "${SHOTS:-}" ] || physical_screen "$RUN" "$SHOTS/text-$1.png"; }

check "the dialog can be had on the screen" physical_await "$RUN" 300 'press Enter on the console'
sleep 5
PAUSE=15 press ret
check "and is there" physical_await "$RUN" 60 'the dialog is on tty1'
picture language
PAUSE=5 press ret
picture keyboard
# To the third, which is German, and back to the button.
for _ in {1..3}; do press tab; done
press spc
for _ in {4..20}; do press tab; done
PAUSE=10 press ret
python3 tests/lib/qmp.py "$RUN/qmp.sock" --type looky
sleep 3
picture server
PAUSE=5 press alt f2
python3 tests/lib/qmp.py "$RUN/qmp.sock" --type $'looky\n'
check "the shell beside it takes the keys as a German keyboard's" physical_await "$RUN" 60 'look: end'
check "and so does the dialog" grep -a 'look: the field has lookz' "$RUN/serial.log"
tap_end
