#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The copy of a disk of 4 TiB of which little lives, in pieces of 64 KiB all over it:
# resident memory of every process of both ends, and how large map, overlay and their like
# become.  What a trim says of the rest is said by qemu-io, for an emulated appliance
# takes hours for such a disk; link-tool stands for p2v-client and copy-tool for
# `p2v-server job`: the same code without control channel.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_begin "Memory with a disk of 4 TiB"
TIB=${BENCH_TIB:-4}
MIB=${BENCH_MIB:-1024}
truncate -s "${TIB}T" "$WORK/source.raw"
PIECES=$((MIB * 16))
python3 - "$WORK/source.raw" "$PIECES" <<'PYTHON'
import os, sys
fd, pieces = os.open (sys.argv[1], os.O_WRONLY), int (sys.argv[2])
step = os.fstat (fd).st_size // pieces
for i in range (pieces):
    os.pwrite (fd, os.urandom (65536), i * step)
PYTHON
SOURCE_LOOP=$(attach_loop --read-only "$WORK/source.raw")
SOURCE=$SOURCE_LOOP
SOURCE_SIZE=$(blockdev --getsize64 "$SOURCE")
echo "   source: block device (loop, no holes), $TIB TiB, of which $MIB MiB live in $PIECES pieces"
bench_server

# The cluster that p2v-server/overlay.c chooses for such a size.
OURS_CLUSTER=64k
# All but the first 64 KiB of each part; qemu-io takes 2 GiB at a time.
ours_trim () {
  python3 - "$PIECES" "$SOURCE_SIZE" <<'PYTHON' | as_login qemu-io -f qcow2 "$OURS/d0.qcow2" >"$WORK/trim.out"
import sys
pieces, size = int (sys.argv[1]), int (sys.argv[2])
step = size // pieces
for i in range (pieces):
    at, end = i * step + 65536, (i + 1) * step
    while at < end:
        part = min (end - at, 1 << 30)
        print (f"write -z -u {at} {part}")
        at += part
PYTHON
}

ours_start
python3 $HERE/watch-job.py "$P2V_TEST_MARK" "$WORK/watched" "$OURS" &
watcher=$!
BENCH_PIDS+=("$watcher")
ours_copy
kill "$watcher"
echo "   the copy took $(calc "round ($SECONDS_TAKEN, 1)") s"
ours_stop
python3 - "$WORK/watched" "$SOURCE_SIZE" $((MIB << 20)) >"$WORK/table" <<'PYTHON'
import json, sys
with open (sys.argv[1]) as f:
    watched = json.load (f)
size, live = map (int, sys.argv[2:])
print ("   resident memory of each process, largest, MiB:")
for side in ("client", "server"):
    for name, kb in sorted (watched["largest"][side].items (), key = lambda i: -i[1]):
        print (f"     {side}: {name.rpartition (' ')[0]:<20} {kb / 1024:8.1f}")
print ("   disk space of the job's files, MiB:")
for name, space in sorted (watched["files"].items ()):
    print (f"     {name:<20} {space / 2**20:10.1f}")
kept = sum (watched["files"].values ())
print ("sums", watched["sums"]["client"] / 1024, watched["sums"]["server"] / 1024, kept / 2**20,
       (0.0002 * size + 0.001 * live) / 2**20)
PYTHON
grep -v ^sums "$WORK/table"
read -r _ client server kept bound < <(grep ^sums "$WORK/table")
verdict "MiB resident, client and its nbdkit together" "$client" '<=' 150
verdict "MiB resident, all of the server's copy together" "$server" '<=' 300
verdict "MiB of maps and overlay" "$kept" '<=' "$(calc "round ($bound, 1)")"
