#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 900
# A whole job on the tiny guest, the link of which is cut in every phase, and once drops
# everything for 40 seconds (STALL=S).  SEED=N takes other moments, as `make soak` does;
# without it they are those of seed 7, which drops everything while the copy reads.
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
PHASES=(preflight overlay inspect convert trim plan copy verify finish)
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
  "$SEED" "${STALL:-40}" preflight=1 overlay=1 inspect=2 convert=2 trim=1 plan=1 copy=3 verify=1 finish=1 >"$WORK/cuts" 2>&1 &
HELPERS+=($!)
CUTTER=$!
for _ in $(seq 300); do ! grep -qx ready "$WORK/cuts" || break; sleep 0.1; done
# The overlay phase is over in no time: its qemu-img waits until it was cut.
cat >"$WORK/sshd/server/bin/qemu-img" <<WRAPPER
#!/bin/bash
for _ in \$(seq 200); do ! grep -q ^overlay "$WORK/cuts" || break; sleep 0.1; done
exec $(command -v qemu-img) "\$@"
WRAPPER
chmod 755 "$WORK/sshd/server/bin/qemu-img"
case_begin
setting of raw
setting port "$link"
client_run
CLIENT_PID=
wait "$CUTTER" || true
sed 's/^/# /' "$WORK/cuts"
check "a job whose link is cut in every phase ends well ($CLIENT_SECONDS s)" test "$CLIENT_STATUS" -eq 0
[ "$CLIENT_STATUS" -eq 0 ] || {
  sed 's/^/# /' "$WORK/client.out"
  tail -n 60 "$P2V_STATE_DIR"/jobs/*/log | sed 's/^/# /'
  tap_end
  exit 1
}
for phase in "${PHASES[@]}"; do
  case $phase in
  # Little in these waits for anybody: they take milliseconds.
  preflight | plan | verify | finish)
    grep -q "^$phase	" "$WORK/cuts" || { ok "cut in $phase # SKIP it was over too soon, this time"; continue; } ;;
  esac
  check "cut in $phase" grep -q "^$phase	" "$WORK/cuts"
done
check "once everything was dropped" grep -q "dropped" "$WORK/cuts"
went_on () { ! grep -E "NOT BACK|Traceback" "$WORK/cuts"; }
check "each time list shows the job waiting, and running again" went_on
CUTS=$(grep -c "	" "$WORK/cuts")

figure () { python3 -c 'import json, sys
print (json.load (open (sys.argv[1]))["figures"][sys.argv[2]])' "$P2V_STATE_DIR"/jobs/*/report.json "$1"; }
resent=$(($(figure source_bytes_read_nbdkit) - $(figure broker_fetched_bytes)))
check "reads were under way: $resent bytes were read again" test "$resent" -gt 0
check "but not more than 64 MiB for each of $CUTS cuts" test "$resent" -le $((CUTS * (64 << 20)))
check "every piece was compared with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
check "and none differed" test "$(figure disk0_verify_differences)" -eq 0
check "the source is as it was" test "$(sha256sum <"$SOURCE")" = "$SOURCE_SUM"
qemu-img rebase -u -f qcow2 -F raw -b "$SOURCE" "$WORK/overlay.qcow2"
check "the target is what the overlay shows above the source" \
  qemu-img compare -f raw -F qcow2 "$OUT/guest-sda" "$WORK/overlay.qcow2"
rm -f "$OUT"/* "$WORK/overlay.qcow2"
check "and nothing stays behind" expect_clean
tap_end
