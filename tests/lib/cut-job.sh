# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A whole job of the tiny guest over a slow link, which tests/lib/cutter.py disturbs in
# every phase.  After tests/lib/client.sh.
#
#   cut_job_start STALL-SECONDS WHAT=N…   server, link and cutter; then the test's settings
#   cut_job_run NAME                      runs it: one TAP line; ends the test when it failed
#   cut_job_was WORD PHASE…               one line for each phase: cut (or killed) in it
#   cut_job_is_right                      the result, and what stays
#   figure NAME                           of the job's report

HELPERS=()
stop_all () {
  local pid
  for pid in "${HELPERS[@]}" ${CLIENT_PID:-}; do kill "$pid" 2>/dev/null || true; done
  sshd_stop
}
trap stop_all EXIT

cut_job_start () {
  local link stall=$1 _
  shift
  SEED=${SEED:-7}
  echo "# SEED=$SEED"
  tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
  SOURCE=$WORK/tiny/disk0.raw
  SOURCE_SUM=$(sha256sum <"$SOURCE")
  bench_start
  link=$(free_port)
  # Slow enough for reads to be under way whenever it breaks.
  python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 20000000 "$WORK/stalled" &
  HELPERS+=($!)
  wait_port "$link"
  KEEP_OVERLAY=$WORK/overlay.qcow2 python3 tests/lib/cutter.py "$SSHD_PID" "$P2V_STATE_DIR" "$WORK/stalled" \
    "$SEED" "$stall" "$@" >"$WORK/cuts" 2>&1 &
  CUTTER=$!
  HELPERS+=("$CUTTER")
  for _ in $(seq 300); do ! grep -qx ready "$WORK/cuts" || break; sleep 0.1; done
  case_begin
  setting of raw
  setting port "$link"
}

cut_job_run () {
  client_run
  CLIENT_PID=
  wait "$CUTTER" || true
  sed 's/^/# /' "$WORK/cuts"
  check "$1 ends well ($CLIENT_SECONDS s)" test "$CLIENT_STATUS" -eq 0
  [ "$CLIENT_STATUS" -ne 0 ] || return 0
  sed 's/^/# /' "$WORK/client.out"
  grep -v ' debug ' "$P2V_STATE_DIR"/jobs/*/log | tail -n 60 | sed 's/^/# /'
  tap_end
  exit 1
}

went_on () { ! grep -E "NOT BACK|Traceback" "$WORK/cuts"; }

cut_job_was () {
  local word=$1 phase
  shift
  for phase in "$@"; do
    case $phase in
    # Little in these waits for anybody: they take milliseconds.
    preflight | overlay | plan | verify | finish)
      grep -q "^$phase	" "$WORK/cuts" || { ok "$word in $phase # SKIP it was over too soon, this time"; continue; } ;;
    esac
    check "$word in $phase" grep -q "^$phase	" "$WORK/cuts"
  done
  check "each time it went on" went_on
}

figure () { python3 -c 'import json, sys
print (json.load (open (sys.argv[1]))["figures"][sys.argv[2]])' "$P2V_STATE_DIR"/jobs/*/report.json "$1"; }

cut_job_is_right () {
  check "every piece was compared with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
  check "and none differed" test "$(figure disk0_verify_differences)" -eq 0
  check "the source is as it was" test "$(sha256sum <"$SOURCE")" = "$SOURCE_SUM"
  qemu-img rebase -u -f qcow2 -F raw -b "$SOURCE" "$WORK/overlay.qcow2"
  check "the target is what the overlay shows above the source" \
    qemu-img compare -f raw -F qcow2 "$OUT/guest-sda" "$WORK/overlay.qcow2"
  rm -f "$OUT"/* "$WORK/overlay.qcow2"
  check "and nothing stays behind" expect_clean
}
