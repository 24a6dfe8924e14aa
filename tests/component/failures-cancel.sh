#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1200
# A whole job on the tiny guest; then Ctrl-C in each phase that lasts: the job
# ends, says so, and is cleaned up.  For these the source is the guest that came
# out of the first, so that the way to the late phases is short.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
trap sshd_stop EXIT

tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
SOURCE=$WORK/tiny/disk0.raw
SOURCE_SUM=$(sha256sum <"$SOURCE")
bench_start

case_begin
setting of raw
client_run
check "a whole job ($CLIENT_SECONDS s)" test "$CLIENT_STATUS" -eq 0
[ "$CLIENT_STATUS" -eq 0 ] || { tail -n 40 "$WORK/client.out" | sed 's/^/# /'; tap_end; }
check "leaves the source as it was" test "$(sha256sum <"$SOURCE")" = "$SOURCE_SUM"
check "and nothing but its record" test -z "$(left_processes; left_files)"
SOURCE=$WORK/converted.raw
mv "$OUT/guest-sda" "$SOURCE"
rm -f "$OUT"/*
rm -rf "$P2V_STATE_DIR"/jobs/*
SOURCE_SUM=$(sha256sum <"$SOURCE")

# in_phase PHASE: is the job there now, by its state?
in_phase () {
  grep -qs "\"phase\" : \"$1\"" "$P2V_STATE_DIR"/jobs/*/state.json
}

# cancel_in PHASE
cancel_in () {
  case_begin
  setting of raw
  client_start
  local _
  for _ in $(seq 6000); do
    ! in_phase "$1" || break
    kill -0 "$CLIENT_PID" 2>/dev/null || break
    sleep 0.05
  done
  CLIENT_BEGAN=$SECONDS
  kill -INT "$CLIENT_PID" 2>/dev/null || true
  client_wait
  expect_failure "cancelled in $1" "cancelled" "cancelled" 60
}

for phase in "${@:-inspect convert trim copy verify}"; do
  # shellcheck disable=SC2086
  for p in $phase; do cancel_in "$p"; done
done

tap_end
