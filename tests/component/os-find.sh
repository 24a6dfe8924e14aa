#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# The operating systems that the dialogs name before the start: found in file systems that were
# never mounted, and the disks are the same afterwards.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

# root_of NAME FILE TEXT: a tree with that file
root_of () {
  mkdir -p "$WORK/$1/$(dirname "$2")" "$WORK/$1/root" "$WORK/$1/home"
  printf '%b' "$3" >"$WORK/$1/$2"
}
# partition IMAGE START-MiB SIZE-MiB…: a partition table with those
partition () {
  local image=$1
  shift
  truncate -s 256M "$image"
  { echo "label: gpt"; while [ $# -gt 0 ]; do echo "start=${1}MiB, size=${2}MiB, type=linux"; shift 2; done; } | sfdisk -q "$image"
}
# put IMAGE START-MiB FILE
put () { dd if="$3" of="$1" bs=1M seek="$2" conv=notrunc,sparse status=none; }
finds () {
  local name=$1 expected=$2
  shift 2
  printf '%b' "$expected" >"$WORK/expected"
  sha256sum "$@" >"$WORK/before"
  "$BUILD/tests/os-tool" "$@" >"$WORK/found"
  check "$name" diff -u "$WORK/expected" "$WORK/found"
  check "$name: nothing was written" sha256sum --quiet -c "$WORK/before"
}

root_of new usr/lib/os-release 'NAME=x\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
mkdir -p "$WORK/new/etc"
ln -s ../usr/lib/os-release "$WORK/new/etc/os-release"
root_of old etc/redhat-release 'CentOS release 6.10 (Final)\n'
root_of hostile etc/os-release 'PRETTY_NAME="Bad\033[2J\xff ; $(id)"\n'
root_of data etc-of-somebody/x 'data\n'
for name in new old hostile data; do
  type=ext4
  [ $name != old ] || type=ext3
  mke2fs -q -F -t $type -d "$WORK/$name" "$WORK/$name.img" 48M >/dev/null
done
# As after a power cut: with a journal that waits to be replayed (EXT3_FEATURE_INCOMPAT_RECOVER).
printf '\x46\x02' | dd of="$WORK/new.img" bs=1 seek=$((1024 + 0x60)) conv=notrunc status=none

partition "$WORK/one.raw" 1 48 50 48
put "$WORK/one.raw" 1 "$WORK/data.img"
put "$WORK/one.raw" 50 "$WORK/new.img"
finds "one, on the second partition, and not unmounted" 'one.raw2\tDebian GNU/Linux 12 (bookworm)\n' "$WORK/one.raw"

partition "$WORK/two.raw" 1 48
put "$WORK/two.raw" 1 "$WORK/old.img"
finds "another one, older than os-release, on a second disk" \
  'one.raw2\tDebian GNU/Linux 12 (bookworm)\ntwo.raw1\tCentOS release 6.10 (Final)\n' "$WORK/one.raw" "$WORK/two.raw"

finds "words that could steer a terminal do not" 'hostile.img\tBad [2J\xef\xbf\xbd ; $(id)\n' "$WORK/hostile.img"

truncate -s 64M "$WORK/blank.raw"
finds "nothing on a blank disk" '' "$WORK/blank.raw"

# mkfs.xfs by its prototype: os-release in /etc.
cat >"$WORK/proto" <<PROTO
/stub
0 0
d--755 0 0
etc d--755 0 0
os-release ---644 0 0 $WORK/new/usr/lib/os-release
\$
\$
PROTO
mkfs.xfs -q -p "$WORK/proto" -d "file,name=$WORK/xfs.img,size=320m" >/dev/null
finds "on XFS" 'xfs.img\tDebian GNU/Linux 12 (bookworm)\n' "$WORK/xfs.img"

if command -v mkfs.btrfs >/dev/null; then
  mkdir "$WORK/btrfs"
  cp -a "$WORK/new" "$WORK/btrfs/@"
  truncate -s 160M "$WORK/btrfs.img"
  mkfs.btrfs -q --rootdir "$WORK/btrfs" "$WORK/btrfs.img" >/dev/null
  finds "on Btrfs, in a volume" 'btrfs.img\tDebian GNU/Linux 12 (bookworm)\n' "$WORK/btrfs.img"
fi

# windows NAME HIVE: a disk with Windows, asleep, with that registry
printf 'MZ' >"$WORK/kernel"
{ printf 'HIBR'; head -c 65536 /dev/zero; } >"$WORK/asleep"
windows () {
  truncate -s 48M "$WORK/$1.ntfs"
  mkntfs -q -F -Q "$WORK/$1.ntfs" >/dev/null 2>&1
  python3 tests/lib/ntfs-put.py "$WORK/$1.ntfs" HIBERFIL.SYS="$WORK/asleep" WINDOWS/system32/NTOSKRNL.EXE="$WORK/kernel" \
    WINDOWS/system32/config/software="$2"
  partition "$WORK/$1.raw" 1 8 16 48
  put "$WORK/$1.raw" 16 "$WORK/$1.ntfs"
}
perl tests/lib/hive.pl "$WORK/server" "ProductName=Windows Server 2019 Standard" CurrentBuild=17763 ReleaseId=1809
windows server "$WORK/server"
finds "Windows, which was not shut down, by its registry" 'server.raw2\tWindows Server 2019 Standard 1809\n' "$WORK/server.raw"
perl tests/lib/hive.pl "$WORK/eleven" "ProductName=Windows 10 Pro" CurrentBuild=22631 ReleaseId=2009 DisplayVersion=23H2
windows eleven "$WORK/eleven"
perl tests/lib/hive.pl "$WORK/old-one" "ProductName=Microsoft Windows XP" CurrentBuild=2600 "CSDVersion=Service Pack 3"
windows old-one "$WORK/old-one"
finds "others" 'eleven.raw2\tWindows 11 Pro 23H2\nold-one.raw2\tMicrosoft Windows XP Service Pack 3\n' "$WORK/eleven.raw" "$WORK/old-one.raw"
{ head -c 5000 "$WORK/server"; head -c 3000000 /dev/urandom; } >"$WORK/damaged"
windows damaged "$WORK/damaged"
finds "a damaged registry" 'damaged.raw2\tWindows\n' "$WORK/damaged.raw"

check "a disk that is not there" test "$("$BUILD/tests/os-tool" "$WORK/none")" = "cannot look"
tap_end
