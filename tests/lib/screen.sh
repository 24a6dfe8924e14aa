# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The wizard on the screen of the booted image (physical.sh), by its keyboard alone.  Sourced
# after client.sh and physical.sh; RUN is the machine's folder.  Which page is shown is said on
# the serial line, with SCREEN_ARGUMENTS.  SHOTS=DIR keeps the pictures, which are to be looked
# at.
#
#   keys TEXT               types it; a newline is Enter
#   press KEY…              "end", "alt-k" (QEMU's names), and waits for what comes of it
#   picture NAME            $SHOTS/TEST-NAME.png
#   page NAME SECONDS       until the wizard shows it, and a picture of it
#   seen FILE RE [N]        until FILE has N (1) lines that match, two minutes at the most

# shellcheck disable=SC2034
SCREEN_ARGUMENTS="systemd.journald.forward_to_console=1"
SHOTS=${SHOTS:-$WORK}

keys () { python3 tests/lib/qmp.py "$RUN/qmp.sock" --type "$1"; }
press () {
  python3 tests/lib/qmp.py "$RUN/qmp.sock" --press "$@"
  sleep 2
}
picture () {
  sleep 3
  physical_screen "$RUN" "$SHOTS/$(basename "$0" .sh)-$1.png"
}
page () {
  physical_await "$RUN" "$2" "Page: P2vPage$1" || { picture failed; tail -n 20 "$RUN/serial.log"; return 1; }
  picture "$1"
}
seen () {
  local _
  for _ in $(seq 240); do
    [ "$(grep -acE -- "$2" "$1")" -lt "${3:-1}" ] || return 0
    sleep 0.5
  done
  picture failed
  tail -n 20 "$1"
  return 1
}
