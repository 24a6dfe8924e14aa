#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 400
# Free space is trimmed only where it can be believed: damaged file systems and
# damaged partition tables are copied as they are, with a warning.  And a guest
# whose file is a pipe is not waited for.  All in one appliance.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

JOB=$WORK/state/jobs/job1
MIB=1048576
export LIBGUESTFS_CACHEDIR=${LIBGUESTFS_CACHEDIR:-/var/tmp}
mkdir -p "$JOB" "$WORK/root/etc" "$WORK/root/bin" "$WORK/files"

# in_ext4 FILE OFFSET COMMAND…: debugfs, writing
in_ext4 () {
  local place="$1?offset=$2" command
  shift 2
  for command in "$@"; do echo "$command"; done >"$WORK/commands"
  debugfs -w -f "$WORK/commands" "$place" >>"$WORK/make.log" 2>&1
}

# make_ext4 FILE OFFSET MIB FOLDER [OPTION…]
make_ext4 () {
  mke2fs -q -t ext4 -b 4096 -d "$4" -E "offset=$2,nodiscard" "${@:5}" "$1" $(($3 * 256)) >>"$WORK/make.log" 2>&1
}

# The least that counts as a Debian.
echo 12.0 >"$WORK/root/etc/debian_version"
echo '/dev/sda1 / ext4 defaults 0 1' >"$WORK/root/etc/fstab"
mkfifo "$WORK/root/etc/os-release"
head -c $((8 * MIB)) /dev/urandom >"$WORK/files/precious"
head -c $((4 * MIB)) /dev/urandom >"$WORK/files/deleted"

# Disk 1: the system, two file systems that were not left in order, an encrypted volume.
A=$WORK/a.raw
truncate -s 600M "$A"
sfdisk -q --no-reread "$A" <<'END'
label: gpt
1: start=1MiB size=280MiB
2: start=300MiB size=64MiB
3: start=400MiB size=64MiB
4: start=500MiB size=64MiB
END
DAMAGED=$((300 * MIB)) FLAGGED=$((400 * MIB))
make_ext4 "$A" $MIB 280 "$WORK/root"
for at in $DAMAGED $FLAGGED; do
  make_ext4 "$A" "$at" 64 "$WORK/files" -O '^metadata_csum,^uninit_bg'
  in_ext4 "$A" "$at" 'ssv state 3'
done
# The blocks of a live file are marked free, and all counts agree with that: the
# kernel does not notice.
debugfs -R 'blocks /precious' "$A?offset=$DAMAGED" 2>/dev/null >"$WORK/blocks"
read -ra blocks <"$WORK/blocks"
free=$(dumpe2fs -h "$A?offset=$DAMAGED" 2>/dev/null | sed -n 's/^Free blocks: *//p')
in_ext4 "$A" $DAMAGED "${blocks[@]/#/freeb }" "set_bg 0 free_blocks_count $((free + ${#blocks[@]}))" \
  "ssv free_blocks_count $((free + ${#blocks[@]}))"
# A deleted file, for what is trimmed after all.
debugfs -R 'blocks /deleted' "$A?offset=$FLAGGED" 2>/dev/null >"$WORK/gone"
in_ext4 "$A" $FLAGGED 'rm /deleted'
printf 'LUKS\xba\xbe\0\1' | dd of="$A" bs=1M seek=500 conv=notrunc status=none

# Disk 2: where its second partition begins was damaged in the partition table;
# by its words the first half of the file is in a gap.
B=$WORK/b.raw
truncate -s 64M "$B"
sfdisk -q --no-reread "$B" <<'END'
label: gpt
1: start=1MiB size=15MiB
2: start=20MiB size=40MiB
END
make_ext4 "$B" $((20 * MIB)) 40 "$WORK/files"
# entry 1, first sector (UEFI specification 5.3.3), low bytes: 30 MiB
printf '\x00\xf0' | dd of="$B" bs=1 seek=$((2 * 512 + 128 + 32)) conv=notrunc status=none

for disk in "0 $A" "1 $B"; do
  qemu-img create -q -f qcow2 -o cluster_size=4k -b "${disk#* }" -F raw "$JOB/d${disk% *}.qcow2"
done
status=0
"$BUILD/tests/convert-tool" "$JOB" phases=inspect,trim "disk=/dev/sda,$((600 * MIB)),512,A" \
  "disk=/dev/sdb,$((64 * MIB)),512,B" >"$WORK/output" 2>"$WORK/log" || status=$?
[ $status -eq 0 ] || { sed 's/^/# /' "$WORK/make.log" "$WORK/output" "$WORK/log"; }
check "inspect and trim end well" [ $status -eq 0 ]

# source_share DISK OFFSET LENGTH: per cent of a range that is read from the source
source_share () {
  qemu-img map --output=json "$JOB/d$1.qcow2" >"$WORK/map.json"
  python3 -c 'import json, sys
start, length = map (int, sys.argv[2:])
print (100 * sum (max (0, min (e["start"] + e["length"], start + length) - max (e["start"], start))
  for e in json.load (open (sys.argv[1])) if e["depth"] == 1) // length)' "$WORK/map.json" "$2" "$3"
}
# survives DISK OFFSET: /precious is the same in the result
survives () {
  local result=$WORK/result$1
  [ -e "$result" ] || qemu-img convert -f qcow2 -O raw "$JOB/d$1.qcow2" "$result"
  debugfs -R "dump /precious $WORK/precious" "$result?offset=$2" 2>/dev/null && cmp "$WORK/precious" "$WORK/files/precious"
}
warned () {
  grep -E -- "$1" "$WORK/output" || { cat "$WORK/output"; return 1; }
}

check "a live file whose blocks are marked free survives" survives 0 $DAMAGED
check "all of its file system is copied" [ "$(source_share 0 $DAMAGED $((64 * MIB)))" -ge 99 ]
check "with a warning that says what to do" warned '/dev/sda2 \(ext4\) is damaged.* \(fsck\)'
check "a file system with the error flag that is sound is checked" grep -q '/dev/sda3 was not left in order' "$WORK/log"
check "and its file survives" survives 0 $FLAGGED
check "and it is trimmed" [ "$(source_share 0 $((FLAGGED + $(cut -d' ' -f1 <"$WORK/gone") * 4096)) $((4 * MIB)))" -eq 0 ]
check "a clean one is not checked" sh -c '! grep -q "/dev/sda1 was not left in order" "$0"' "$WORK/log"
check "gaps of a sound table are trimmed" [ "$(source_share 0 $((282 * MIB)) $((18 * MIB)))" -eq 0 ]
check "an encrypted volume is copied as a whole, with a warning" warned 'crypto_LUKS, 64\.0.{1,2}MiB\) is copied as a whole'
check "and counts as a whole" test "$(sed -n 's/^used: disk 0 //p' "$WORK/output")" -ge $((64 * MIB))
check "a damaged partition table is not believed" survives 1 $((20 * MIB))
check "with a warning" warned 'partition table of /dev/sdb \(gpt\) is damaged'
tap_end
