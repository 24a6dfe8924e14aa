# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A display and a session bus with accessibility, for tests of the wizard.
#
#   display_start [WIDTHxHEIGHT]    DISPLAY
#   display_run COMMAND…            with a session bus of its own, in DISPLAY_LANGUAGE (default: English)
#   display_stop

display_start () {
  local dir=${TMPDIR:-/tmp}
  mkfifo "$dir/display"
  Xvfb -displayfd 3 -screen 0 "${1:-800x600}x24" -nolisten tcp -noreset 3<>"$dir/display" >"$dir/xvfb.log" 2>&1 &
  DISPLAY_PID=$!
  read -r -t 20 DISPLAY <"$dir/display"
  rm "$dir/display"
  export DISPLAY=:$DISPLAY
}

display_run () {
  # What GLib and GTK keep from their first call on is told by whole stacks alone.
  local asan=${ASAN_OPTIONS:-}:fast_unwind_on_malloc=0
  mkdir -p "$TMPDIR/home" "$TMPDIR/run-user"
  chmod 700 "$TMPDIR/run-user"
  HOME=$TMPDIR/home XDG_RUNTIME_DIR=$TMPDIR/run-user LC_ALL=C.UTF-8 LANGUAGE=${DISPLAY_LANGUAGE:-} \
    ASAN_OPTIONS=$asan GSETTINGS_BACKEND=memory GTK_MODULES='' NO_AT_BRIDGE=0 PYTHONDONTWRITEBYTECODE=1 \
    dbus-run-session -- "$@" 2>"$TMPDIR/session.err"
}

display_stop () {
  [ -n "${DISPLAY_PID:-}" ] || return 0
  kill "$DISPLAY_PID" 2>/dev/null || true
  wait "$DISPLAY_PID" 2>/dev/null || true
  DISPLAY_PID=
}
