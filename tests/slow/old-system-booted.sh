#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1200
# A machine is switched off in the middle of its copy, its old system is booted and changes
# files, and then it is booted from the image again: the guest is converted again, what did not
# change does not cross the wire again, and the guest is what the disk is now.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/saved.sh
. tests/lib/saved.sh
HELPERS=()
stop_all () {
  local pid
  for pid in "${HELPERS[@]}" ${CLIENT_PID:-}; do kill -KILL "$pid" 2>/dev/null || true; done
  umount "$WORK/mnt" 2>/dev/null || true
  sshd_stop
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
SOURCE=$WORK/tiny/disk0.raw
bench_start
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 10000000 &
HELPERS+=($!)
wait_port "$link"

n_copied () {
  python3 -c 'import sys
d = open(sys.argv[1], "rb").read()
print (sum (int.from_bytes (d[i + 8:i + 12], "little") for i in range(64, len(d), 32) if d[i + 13] in (1, 2) and d[i + 12] == 1))' "$DIR/d0.blockmap"
}
some_copied () { DIR=$(echo "$P2V_STATE_DIR"/jobs/*); [ "$(n_copied)" -gt $((40 << 20)) ]; }
wait_long () { for _ in $(seq 3000); do ! "$@" 2>/dev/null || return 0; sleep 0.1; done; return 1; }
# root_mount IMAGE [OPTION…]: its largest partition, which is the root of the guest
root_mount () {
  local start
  start=$(sfdisk -J "$1" | python3 -c 'import json, sys
print (max (json.load (sys.stdin)["partitiontable"]["partitions"], key=lambda p: p["size"])["start"])')
  mkdir -p "$WORK/mnt"
  mount_image "$1" $((start * 512)) "$WORK/mnt" "${@:2}"
}

case_begin
setting of raw
setting port "$link"
client_start
check "the copy begins" wait_long some_copied
DIR=$(echo "$P2V_STATE_DIR"/jobs/*)
kill -KILL "$CLIENT_PID"
wait "$CLIENT_PID" 2>/dev/null || true
rm -rf "$P2V_RUN_DIR"
wait_until state_is waiting
before=$(n_copied)

# The old system, as far as its file system is concerned.
root_mount "$SOURCE"
head -c 3M /dev/urandom >"$WORK/mnt/root/written-later"
date >>"$WORK/mnt/var/log/changed"
echo "# changed" >>"$WORK/mnt/etc/fstab"
victim=$(find "$WORK/mnt/usr" -xdev -type f -size +100k -path '*doc*' -o -xdev -type f -size +100k -name '*.mo' | head -n 1)
[ -z "$victim" ] || rm "$victim"
later=$(sha256sum <"$WORK/mnt/root/written-later")
umount "$WORK/mnt"
SOURCE_SUM=$(sha256sum <"$SOURCE")

client_start
in_copy () { [ "$(state_member phase)" = copy ] && [ "$(state_member pid)" = "$(state_member pid)" ] && grep -q "converted again" "$DIR/log"; }
check "the change is found, and the guest converted again" wait_long in_copy
ln "$DIR/d0.qcow2" "$WORK/overlay.qcow2"
client_wait
CLIENT_PID=
check "the job ends well ($CLIENT_SECONDS s)" test "$CLIENT_STATUS" -eq 0
[ "$CLIENT_STATUS" -eq 0 ] || { sed 's/^/# /' "$WORK/client.out"; grep -v ' debug ' "$DIR/log" | tail -n 60 | sed 's/^/# /'; }
grep -E "disks were changed|compared" "$DIR/log" | sed 's/^/# /'
live=$(figure live_bytes) payload=$(figure tunnel_payload_bytes)
echo "# live $live, copied before $before, payload of the second run $payload"
check "what did not change did not cross the wire again" test "$payload" -lt $((live - before * 9 / 10 + (32 << 20)))
check "the report says so" grep -q "were changed after its guest was converted" "$DIR/report.txt"
check "every piece was compared with the client's digests" test "$(figure disk0_verified_without_client_record)" -eq 0
check "and none had to be repaired" test "$(figure disk0_verify_differences)" -eq 0
qemu-img rebase -u -f qcow2 -F raw -b "$SOURCE" "$WORK/overlay.qcow2"
check "the target is what the overlay shows above the disk as it is now" \
  qemu-img compare -f raw -F qcow2 "$OUT/guest-sda" "$WORK/overlay.qcow2"
root_mount "$OUT/guest-sda" -o ro,noload
check "with what the old system wrote" test "$(sha256sum <"$WORK/mnt/root/written-later")" = "$later"
umount "$WORK/mnt"
rm -f "$OUT"/* "$WORK/overlay.qcow2"
check "and nothing stays behind" expect_clean
tap_end
