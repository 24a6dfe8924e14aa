#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# Ten disks, more than are copied at once: all arrive; one that hardly answers holds up
# no other; one that fails ends all; a killed copy goes on in all of them.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh

N=10
SIZE=$((4 * 1048576))
PIECES=65 # one from the overlay lies in the middle of the others
DISKS=()
for ((i = 0; i < N; i++)); do
  make_disk "$WORK/$i.raw" 4
  DISKS+=("disk=/dev/sd$(printf '%b' "\\x$(printf %x $((97 + i)))"),$SIZE,512,SER-$i")
done
FAST=(--filter=delay rdelay=0)
SLOW=("${FAST[@]}")

# begin: brokers and overlays; disk 1 answers as SLOW says, the others as FAST
begin () {
  local i
  new_job
  for ((i = 0; i < N; i++)); do
    if [ $i -eq 1 ]; then start_broker $i "$WORK/$i.raw" "${SLOW[@]}"; else start_broker $i "$WORK/$i.raw" "${FAST[@]}"; fi
    make_overlay $i $SIZE
    overlay_io $i "write -P $((i + 1)) 1M 20k"
  done
  run_tool "${DISKS[@]}" phases=plan || fail "plan"
}

# copied: for each disk, how many pieces of its map are on the target
copied () {
  python3 - "$JOB" $N <<'PYTHON'
import sys
for i in range (int (sys.argv[2])):
    d = open ("%s/d%d.blockmap" % (sys.argv[1], i), "rb").read ()
    print (sum (d[at + 13] > 0 for at in range (64, len (d), 32)), end=" ")
PYTHON
}

compare () {
  local i name
  for ((i = 0; i < N; i++)); do
    name=${DISKS[i]%%,*}
    qemu-img convert -O raw "$JOB/d$i.qcow2" "$WORK/want.raw"
    qemu-img compare -f raw -F qcow2 "$WORK/want.raw" "$OUT/web-${name#disk=/dev/}" || return 1
  done
}

begin
run_tool "${DISKS[@]}" client=1 phases=copy,verify,finish || fail "ten disks are copied"
check "ten disks are copied" compare
stop_brokers

# start_copy: in the background, until disk 0 is through
start_copy () {
  local _ have
  "$TOOL" "$JOB" name=web os="$OUT" "${DISKS[@]}" phases=copy >"$WORK/output" 2>&1 &
  COPY=$!
  for _ in $(seq 200); do
    read -r -a have <<<"$(copied)"
    [ "${have[0]}" -lt 40 ] || break
    sleep 0.1
  done
}

# ---- one disk hardly answers; then the process is killed ----
SLOW=(--filter=delay rdelay=4)
begin
start_copy
read -r -a have <<<"$(copied)"
kill -KILL $COPY
wait $COPY 2>/dev/null || true
echo "# pieces copied when it was killed: ${have[*]}"
behind=0
for i in 0 2 3 4 5 6 7; do [ "${have[i]}" -gt $((have[1] + 20)) ] || behind=$((behind + 1)); done
check "a slow disk holds up no other" test $behind -eq 0
check "and eight are copied at once" test "${have[8]} ${have[9]}" = "0 0"
for _ in $(seq 50); do pgrep -f "qemu-nbd.*$JOB" >/dev/null || break; sleep 0.1; done
kill -KILL "${NBDKITS[@]}" 2>/dev/null || true
stop_brokers
for ((i = 0; i < N; i++)); do start_broker $i "$WORK/$i.raw"; : >"$WORK/reads.$i"; done
read -r -a have <<<"$(copied)"
run_tool "${DISKS[@]}" client=1 phases=copy,verify,finish || fail "a killed copy goes on"
for i in 0 1 7; do
  again=$(grep -c ' Read id=' "$WORK/reads.$i" || true)
  [ "$again" -le $((PIECES - have[i])) ] || fail "disk $i is read again ($again reads, ${have[i]} were copied)"
done
ok "a killed copy of many disks reads only what is missing"
check "and goes on to its end" compare
stop_brokers

# ---- one disk fails ----
SLOW=(--filter=error error-file="$WORK/broken" error-pread=EIO error-pread-rate=100%)
FAST=(--filter=delay rdelay=5)
begin
touch "$WORK/broken"
SECONDS=0
! run_tool "${DISKS[@]}" phases=copy || fail "a disk that fails ends the copy"
expect_error "one of many fails" io 'Disk 1 \(/dev/sdb\) cannot be read at byte [0-9]+ \(source\)'
check "and ends all at once ($SECONDS s)" test $SECONDS -le 5
expect_clean "one of many fails"
rm "$WORK/broken"
kill -KILL "${NBDKITS[@]}" 2>/dev/null || true
stop_brokers

# ---- cancelled while all wait ----
FAST=(--filter=delay rdelay=60)
SLOW=("${FAST[@]}")
begin
SECONDS=0
! run_tool "${DISKS[@]}" phases=copy cancel_ms=1500 || fail "cancel ends the copy"
expect_error "cancel" cancelled "cancelled"
check "cancelling is prompt ($SECONDS s)" test $SECONDS -le 5
expect_clean "cancel"
kill -KILL "${NBDKITS[@]}" 2>/dev/null || true
done_testing
