#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# The wizard's layout: nothing is cut off or outside the screen on any page, with texts that
# are 40 % longer and from right to left, in high contrast, on a small screen and a very
# large one.  SHOTS=DIR takes a picture of every page.
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

DISK=$WORK/sda.raw
# At the pace of wizard.py the copy of so much lasts for as long as its page is looked at.
disk_with_os "$DISK" 28M 32M
bench_start "PasswordAuthentication yes"
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
PORT=$SSHD_PORT LOGIN=$SSHD_USER PASSWORD=$SSHD_PASSWORD HOSTKEY=$SSHD_HOSTKEY STAND_IN=1
export WORK DISK PORT LOGIN PASSWORD HOSTKEY STAND_IN

# walk NAME SIZE THEME [VARIABLE=VALUE…]
# shellcheck disable=SC2317 # by check
walk () {
  local name=$1 size=$2 theme=$3 status=0 shots=()
  shift 3
  if [ -n "${SHOTS:-}" ]; then
    shots=("SHOTS=$SHOTS/$name")
    mkdir -p "$SHOTS/$name"
  fi
  mkdir -p "$TMPDIR/home/.config/gtk-3.0"
  printf '[Settings]\ngtk-theme-name=%s\n' "$theme" >"$TMPDIR/home/.config/gtk-3.0/settings.ini"
  rm -rf "$WORK/out"
  mkdir -m 1777 "$WORK/out"
  display_start "$size"
  display_run env "${shots[@]}" "$@" /usr/bin/python3 tests/machine/wizard.py || status=$?
  display_stop
  if [ $status -ne 0 ]; then cat "$WORK/client.log"; fi
  return $status
}

# What is cut off is found at all.
# shellcheck disable=SC2317 # by check
finds () {
  local status=0
  display_start 800x600
  display_run /usr/bin/python3 tests/component/layout_cut.py || status=$?
  display_stop
  return $status
}

check "what is cut off is found" finds
python3 tests/lib/pseudo-locale.py "$WORK/long" qps long
python3 tests/lib/pseudo-locale.py "$WORK/hebrew" qps rtl
check "40 % longer in high contrast, on 800x600" \
  walk longer-contrast 800x600 HighContrast P2V_LIBDIR="$WORK/long/lib/p2v" LANGUAGE=qps WIZARD_LANG=qps
check "from right to left, on 800x600" \
  walk rtl 800x600 Adwaita P2V_LIBDIR="$WORK/hebrew/lib/p2v" LANGUAGE=qps WIZARD_LANG=qps
check "on 3840x2160, twice as large" walk 4k 3840x2160 Adwaita SHOTS= GDK_SCALE=2 SCALE=2
tap_end
