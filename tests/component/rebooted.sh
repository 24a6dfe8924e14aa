#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# The physical machine is switched off while it is copied and booted from the image again:
# it finds its job, which compares what it has with the disks and goes on.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/saved.sh
. tests/lib/saved.sh
HELPERS=()
stop_all () {
  local pid
  for pid in ${CLIENT_PID:-} "${HELPERS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  sshd_stop
}
trap stop_all EXIT

SOURCE=$WORK/disk.raw
head -c 48M /dev/urandom >"$SOURCE"
truncate -s 64M "$SOURCE"
printf 'label: gpt\nstart=2048, size=65536\n' | sfdisk -q "$SOURCE" 2>/dev/null
cp "$SOURCE" "$WORK/original.raw"
OUT=$WORK/out
bench_start
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 8000000 &
HELPERS+=($!)
wait_port "$link"

# Numbers of two units with data that are copied and of one that is not, behind what the
# conversion wrote.
places () {
  python3 -c 'import struct, sys
d = open(sys.argv[1], "rb").read()
units = [(struct.unpack_from("<Q", d, i)[0] >> 16, d[i + 13]) for i in range(64, len(d), 32)]
copied, planned = ([u for u, s in units if s == state and 80 < u < 768] for state in (1, 0))
print(copied[0], copied[9], planned[-1])' "$DIR/d0.blockmap"
}
some_copied () { [ "$(map_states | cut -d' ' -f2)" -gt 200 ]; }
switch_off () {
  kill -KILL "$CLIENT_PID"
  wait "$CLIENT_PID" 2>/dev/null || true
  rm -rf "$P2V_RUN_DIR" # its /run
}
went_well () {
  [ "$CLIENT_STATUS" -eq 0 ] || { cat "$WORK/client.out"; grep -v ' debug ' "$DIR/log" | tail -n 40; return 1; }
}
boot_again () {
  client_run
  CLIENT_PID=
  check "$1" went_well
}
half_copied () {
  case_begin
  setting port "$link"
  saved_job
  client_go
  wait_until some_copied
  switch_off
  wait_until state_is waiting
  echo "# planned, copied, verified, stale when it was switched off: $(map_states)"
}
finish_case () {
  rm -f "$OUT"/*
  SOURCE_SUM=$(sha256sum <"$SOURCE")
  check "$1: nothing stays behind" expect_clean
  rm -rf "$P2V_STATE_DIR/jobs"/*
}

# ---- nothing was changed ----
half_copied
copied=$(map_states | cut -d' ' -f2)
boot_again "booted again, the machine finds its job and it ends well"
check "the client said so" grep -q "Job $JOB of this machine.* going on with it" "$WORK/client.out"
check "the target is right" target_is_right
check "there was one job only" test "$(find "$P2V_STATE_DIR/jobs" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1
payload=$(figure tunnel_payload_bytes)
check "what was copied did not cross the wire again ($payload bytes, $copied pieces of 1024 were there)" \
  test "$payload" -lt $(((1024 - copied) * 65536 + (4 << 20)))
check "all of it was compared with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
check "none differed" test "$(figure disk0_verify_differences)" -eq 0
finish_case "unchanged"

# ---- the disk was changed where it was copied already, and where it was not ----
half_copied
read -r there there_too away <<<"$(places)"
printf 'changed' | dd of="$SOURCE" bs=1 seek=$((there << 16)) conv=notrunc status=none
dd if=/dev/zero of="$SOURCE" bs=64k seek="$there_too" count=1 conv=notrunc status=none
printf 'changed' | dd of="$SOURCE" bs=1 seek=$((away << 16)) conv=notrunc status=none
boot_again "changed in between it ends well, too"
check "the change was found" grep -qE "disks were changed.* 128(\.0)? KiB that were copied" "$DIR/log"
check "the target is what the disk is now" target_is_right
check "by the copy, not by a repair" test "$(figure disk0_verify_differences)" -eq 0
finish_case "changed"
cp "$WORK/original.raw" "$SOURCE"

# ---- the conversion server was switched off, too ----
half_copied
kill -KILL "$(state_member pid)"
boot_again "with a job that died it goes on"
check "the target is right" target_is_right
finish_case "both"

# ---- somebody wants to begin anew; another machine ----
half_copied
setting resume no
client_run
check "p2v.resume=no leaves the job alone" grep -q "left alone" "$WORK/client.out"
check "whose name is taken, and that is told" grep -q "is being made in this place by job $JOB" "$WORK/client.out"
check "it still waits" state_is waiting
setting resume
sfdisk -q --disk-id "$SOURCE" 01234567-89AB-CDEF-0123-456789ABCDEF 2>/dev/null
client_run
check "another disk is not taken for it" test "$(grep -c "waits on the conversion server" "$WORK/client.out")" -eq 0
cp "$WORK/original.raw" "$SOURCE"
CLIENT_PID=
server cancel "$JOB" >/dev/null
finish_case "anew"

tap_end
