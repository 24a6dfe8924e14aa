#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# Whenever the job's process is killed: no file has its final name that is not
# verified, and `p2v-server cancel` and `clean` remove all there is.  And what the
# storage did not confirm is not called copied.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh
harmful_qemu_nbd
SERVER=$BUILD/bin/p2v-server
export P2V_STATE_DIR=$WORK/s
JOB=$WORK/s/jobs/abcdefgh
SIZE=$((16 * 1048576))
DISK="disk=/dev/sda,$SIZE,512,SER-1"
make_disk "$WORK/a.raw" 16

# begin [nbdkit arguments]: a job as its process leaves it when it is killed.
begin() {
  new_job
  chmod 700 "$JOB"
  start_broker 0 "$WORK/a.raw" "$@"
  make_overlay 0 $SIZE
  overlay_io 0 'write -P 7 1M 20k'
  python3 - "$JOB" "$OUT" $SIZE <<'PYTHON'
import json, sys
sys.path.insert(0, "tests/lib")
from p2vclient import machine
job, out, size = sys.argv[1:]
settings = {"output.type": "local", "output.storage": out, "output.format": "qcow2"}
json.dump({"settings": settings, "machine": machine("web", int(size))}, open(job + "/job.json", "w"))
json.dump({"id": "abcdefgh", "name": "web", "phase": "copy", "status": "running", "pid": 0,
           "session": 0, "since": 1, "updated": 1}, open(job + "/state.json", "w"))
PYTHON
}
# states: how many pieces are planned, copied and verified
states() {
  python3 -c 'import sys
d = open(sys.argv[1], "rb").read()
s = [d[i + 13] for i in range(64, len(d), 32)]
print(s.count(0), s.count(1), s.count(2))' "$JOB/d0.blockmap"
}
# until COMMAND…: at most 30 s
until_true() {
  local _
  for _ in $(seq 600); do
    ! "$@" || return 0
    sleep 0.05
  done
  fail "waiting for: $*"
}
some_copied() { [ "$(states | cut -d' ' -f2)" -gt 0 ]; }
# start_tool ARGUMENT…: in the background
start_tool() {
  "$TOOL" "$JOB" name=web os="$OUT" "$DISK" client=1 "$@" >"$WORK/output" 2>&1 &
  COPY=$!
}
kill_tool() {
  kill -KILL $COPY
  wait $COPY 2>/dev/null || true
}
helpers_gone() { ! pgrep -f "(qemu-nbd|flip.py).*$JOB" >"$WORK/helpers"; }
# is_removed NAME: the administrator's commands leave nothing of the job.
is_removed() {
  [[ $("$SERVER" list) == *abcdefgh*dead* ]] || fail "$1: list says that it is dead"
  "$SERVER" cancel abcdefgh >"$WORK/output" 2>&1 || fail "$1: cancel"
  [ -z "$(ls -A "$OUT")" ] || fail "$1: cancel leaves $(ls -A "$OUT")"
  local left
  left=$(ls "$JOB")
  [ "$(tr '\n' ' ' <<<"$left")" = "job.json lock log state.json " ] || fail "$1: cancel leaves $left"
  "$SERVER" clean abcdefgh >"$WORK/output" 2>&1 || fail "$1: clean"
  [ ! -e "$JOB" ] || fail "$1: clean leaves the record"
  ok "$1: cancel and clean leave nothing"
}
# no_final_name NAME
no_final_name() {
  [ "$(ls -A "$OUT")" = "$(printf '%s\n' .web-sda.p2v-abcdefgh .web.p2v-lock)" ] ||
    fail "$1: there is $(ls -A "$OUT")"
  ok "$1: nothing has its final name"
}

# ---- in copy: one piece never comes, others are on the target's storage ----
export FLIP_STALLED=$WORK/stalled
begin
run_tool "$DISK" client=1 phases=plan || fail "plan"
FLIP=stall:1048576 FLIP_USE=overlay start_tool phases=copy,verify,finish
until_true some_copied
kill_tool
until_true helpers_gone
echo "# planned, copied, verified when it was killed: $(states)"
no_final_name "killed while copying"
stop_brokers
is_removed "killed while copying"

# ---- in verify ----
begin
rm "$WORK/stalled"
FLIP=stall:$((8 * 1048576)) FLIP_USE=check start_tool phases=plan,copy,verify,finish
until_true test -e "$WORK/stalled"
kill_tool
until_true helpers_gone
echo "# planned, copied, verified when it was killed: $(states)"
[ "$(states | cut -d' ' -f2)" -gt 0 ] || fail "killed in verify: not all was verified"
no_final_name "killed in verify"
stop_brokers
is_removed "killed in verify"

# ---- and between final names: image, manifest, definition ----
for names in 1 2 3; do
  begin
  run_tool "$DISK" client=1 phases=plan,copy,verify || fail "verified"
  start_tool phases=finish kill_at_rename=$names
  wait $COPY 2>/dev/null && fail "it is killed"
  files=(web-sda web-sda.p2v-digests web.xml)
  for name in "${files[@]:0:names}"; do [ -e "$OUT/$name" ] || fail "$name has its final name"; done
  for name in "${files[@]:names}"; do [ ! -e "$OUT/$name" ] || fail "$name has no final name"; done
  "$SERVER" verify "$OUT/web-sda" "$JOB/d0.blockmap" >"$WORK/output" 2>&1 || fail "what has its name is right"
  ok "killed after $names of 3 names: what has its name is verified"
  stop_brokers
  is_removed "killed after $names of 3 names"
done

# ---- a file of somebody else's that got the name in between stays ----
begin
run_tool "$DISK" client=1 phases=plan,copy,verify || fail "verified"
echo mine >"$WORK/mine"
start_tool phases=finish kill_at_rename=1
wait $COPY 2>/dev/null && fail "it is killed"
mv "$WORK/mine" "$OUT/web-sda"
stop_brokers
"$SERVER" cancel abcdefgh >"$WORK/output" 2>&1 || fail "cancel beside a foreign file"
check "a foreign file stays" test "$(cat "$OUT/web-sda") $(ls -A "$OUT")" = "mine web-sda"

# ---- nothing that is not verified ----
begin
run_tool "$DISK" client=1 phases=plan,copy || fail "copied"
! run_tool "$DISK" client=1 phases=finish || fail "without verify there is no final name"
expect_error "not verified" internal 'copy of disk 0 \(/dev/sda\) has not been verified as a whole'
expect_clean "not verified"
stop_brokers

# ---- a flush that fails ----
# flush_fails NAME FORMAT: whether in the middle (delay) or at the end, nothing is called copied.
flush_fails() {
  run_tool "$DISK" client=1 phases=plan of="$2" || fail "plan"
  ! FLIP=flush:0 FLIP_USE=write run_tool "$DISK" client=1 phases=copy,verify,finish of="$2" ||
    fail "$1 ends the job"
  expect_error "$1" io 'Flushing .*web-sda.* failed: Input/output error'
  [[ $(states) == *" 0 0" ]] || fail "$1: nothing is copied ($(states))"
  ok "$1: nothing is called copied"
  expect_clean "$1"
  stop_brokers
}
for format in qcow2 raw; do
  begin
  flush_fails "$format, a flush that fails" $format
  begin --filter=delay rdelay=1200ms
  flush_fails "$format, a flush that fails in the middle" $format
done
done_testing
