#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1200
# A whole job on the tiny guest whose process is killed in every phase: each time its client
# finds it again and it goes on, without reading much twice, and the result is right.  SEED=N
# takes other moments.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
HELPERS=()
stop_all () {
  local pid
  for pid in "${HELPERS[@]}" ${CLIENT_PID:-}; do kill "$pid" 2>/dev/null || true; done
  sshd_stop
}
trap stop_all EXIT
SEED=${SEED:-7}
echo "# SEED=$SEED"
tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
SOURCE=$WORK/tiny/disk0.raw
SOURCE_SUM=$(sha256sum <"$SOURCE")
bench_start
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 20000000 "$WORK/stalled" &
HELPERS+=($!)
wait_port "$link"
KEEP_OVERLAY=$WORK/overlay.qcow2 python3 tests/lib/cutter.py "$SSHD_PID" "$P2V_STATE_DIR" "$WORK/stalled" \
  "$SEED" 0 kill:overlay=1 kill:inspect=1 kill:convert=1 kill:trim=1 kill:plan=1 kill:copy=2 kill:verify=1 kill:finish=1 >"$WORK/cuts" 2>&1 &
HELPERS+=($!)
CUTTER=$!
for _ in $(seq 300); do ! grep -qx ready "$WORK/cuts" || break; sleep 0.1; done
case_begin
setting of raw
setting port "$link"
client_run
CLIENT_PID=
wait "$CUTTER" || true
sed 's/^/# /' "$WORK/cuts"
check "a job whose process is killed in every phase ends well ($CLIENT_SECONDS s)" test "$CLIENT_STATUS" -eq 0
[ "$CLIENT_STATUS" -eq 0 ] || {
  sed 's/^/# /' "$WORK/client.out"
  grep -v ' debug ' "$P2V_STATE_DIR"/jobs/*/log | tail -n 80 | sed 's/^/# /'
  tap_end
  exit 1
}
for phase in overlay inspect convert trim plan copy verify finish; do
  case $phase in
  overlay | plan | verify | finish)
    grep -q "^$phase	" "$WORK/cuts" || { ok "killed in $phase # SKIP it was over too soon, this time"; continue; } ;;
  esac
  check "killed in $phase" grep -q "^$phase	" "$WORK/cuts"
done
went_on () { ! grep -E "NOT BACK|Traceback" "$WORK/cuts"; }
check "each time it went on" went_on
figure () { python3 -c 'import json, sys
print (json.load (open (sys.argv[1]))["figures"][sys.argv[2]])' "$P2V_STATE_DIR"/jobs/*/report.json "$1"; }
read_bytes=$(figure source_bytes_read_nbdkit) live=$(figure live_bytes)
check "what was read for the conversion was kept: $read_bytes bytes were read, $live live" \
  test "$read_bytes" -le $((live + (4 * 64 << 20)))
check "every piece was compared with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
check "and none differed" test "$(figure disk0_verify_differences)" -eq 0
check "the source is as it was" test "$(sha256sum <"$SOURCE")" = "$SOURCE_SUM"
qemu-img rebase -u -f qcow2 -F raw -b "$SOURCE" "$WORK/overlay.qcow2"
check "the target is what the overlay shows above the source" \
  qemu-img compare -f raw -F qcow2 "$OUT/guest-sda" "$WORK/overlay.qcow2"
rm -f "$OUT"/* "$WORK/overlay.qcow2"
check "and nothing stays behind" expect_clean
tap_end
