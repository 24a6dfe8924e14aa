#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# The conversion server loses power while it copies: job directory and target are on a storage
# that forgets all that was not flushed (an ext4 on a loop device over an NBD server with a
# write-back cache, which is killed).  What comes back goes on, and the result is right.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/saved.sh
. tests/lib/saved.sh
fuse_and_loop () { (: <>/dev/fuse) && losetup -f; }
fuse_and_loop >"$WORK/check" 2>&1 || { echo "1..0 # SKIP this machine has no FUSE or no loop devices"; exit 0; }
HELPERS=()
STORAGE=()
stop_all () {
  local pid
  for pid in ${CLIENT_PID:-} "${HELPERS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  sshd_stop
  unplug
}
trap stop_all EXIT

# plug: what is on stable storage appears at $WORK/store.  The cache takes everything and gives
# it to the file below only when it is told to flush.
plug () {
  local _
  rm -f "$WORK/store.nbd"
  nbdkit --foreground --unix "$WORK/store.nbd" --filter=cache file "$WORK/store.img" cache=writeback \
    cache-max-size=2G 2>>"$WORK/store.log" &
  STORAGE=($!)
  disown $!
  for _ in $(seq 100); do [ ! -S "$WORK/store.nbd" ] || break; sleep 0.1; done
  touch "$WORK/store.file"
  nbdfuse "$WORK/store.file" "nbd+unix:///?socket=$WORK/store.nbd" 2>>"$WORK/store.log" &
  STORAGE+=($!)
  disown $!
  for _ in $(seq 100); do [ ! -s "$WORK/store.file" ] || break; sleep 0.1; done
  LOOP=$(attach_loop "$WORK/store.file")
  mount "$LOOP" "$WORK/store"
}
# unplug: without a word
unplug () {
  [ "${#STORAGE[@]}" -gt 0 ] || return 0
  kill -KILL "${STORAGE[0]}" 2>/dev/null || true
  umount -l "$WORK/store" 2>/dev/null || true
  losetup -d "$LOOP" 2>/dev/null || true
  kill -KILL "${STORAGE[1]}" 2>/dev/null || true
  umount -l "$WORK/store.file" 2>/dev/null || true
  STORAGE=()
}
truncate -s 400M "$WORK/store.img"
mkfs.ext4 -q "$WORK/store.img"
mkdir "$WORK/store"
plug
mkdir "$WORK/store/state" "$WORK/store/out"
export P2V_STATE_DIR=$WORK/store/state
OUT=$WORK/store/out
SOURCE=$WORK/disk.raw
head -c 48M /dev/urandom >"$SOURCE"
truncate -s 64M "$SOURCE"
printf 'label: gpt\nstart=2048, size=65536\n' | sfdisk -q "$SOURCE" 2>/dev/null
bench_start
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 6000000 &
HELPERS+=($!)
wait_port "$link"

some_copied () { [ "$(map_states | cut -d' ' -f2)" -gt 200 ]; }

case_begin
setting port "$link"
saved_job
client_go
wait_until some_copied
# Power off: storage first, then all that ran.
pid=$(state_member pid)
kill -KILL "${STORAGE[0]}"
kill -STOP "$CLIENT_PID" # it only sees that nobody answers
for p in $(pgrep -u "$SSHD_UID"); do
  if grep -qzx "P2V_TEST_MARK=${P2V_TEST_MARK:-none}" "/proc/$p/environ" 2>/dev/null; then kill -KILL "$p"; fi
done
sshd_stop
unplug
gone () { [ ! -e "/proc/$pid" ]; }
check "its process is gone" wait_until gone
e2fsck -p "$WORK/store.img" >"$WORK/fsck.log" 2>&1 || true
# Power on.
plug
check "the job is still there" test -e "$DIR/job.json"
echo "# planned, copied, verified, stale on stable storage: $(map_states)"
SSHD_RESTART_PORT=$SSHD_PORT
sshd_start "$WORK/sshd" "Port $SSHD_RESTART_PORT"
check "list says that it died" test "$(server list | grep -c "$JOB.*dead")" -eq 1
kill -CONT "$CLIENT_PID"
client_wait
CLIENT_PID=
check "when the client comes back it goes on and ends well" test "$CLIENT_STATUS" -eq 0
[ "$CLIENT_STATUS" -eq 0 ] || { sed 's/^/# /' "$WORK/client.out"; grep -v ' debug ' "$DIR/log" | tail -n 40 | sed 's/^/# /'; }
check "the target is right" target_is_right
check "and verified with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
check "nothing of it had been called copied that was lost" test "$(figure disk0_verify_differences)" -eq 0
rm -f "$OUT"/*
check "nothing stays behind" expect_clean
tap_end
