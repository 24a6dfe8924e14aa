#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 900
# What is copied of file systems, encrypted volumes, volume groups and RAID
# arrays: what lives in them, and little else; and every file is the same
# afterwards.  And whose bytes a place of a disk are.  Three appliances: one makes the disks, one trims them, one looks.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

JOB=$WORK/state/jobs/job1
MIB=1048576
export LIBGUESTFS_CACHEDIR=${LIBGUESTFS_CACHEDIR:-/var/tmp}
mkdir -p "$JOB" "$WORK/root/etc" "$WORK/root/bin"
trap 'kill "${NBDKITS[@]}" 2>/dev/null || true' EXIT
NBDKITS=()

# appliance SCRIPT IMAGE…: runs it in one, with these disks, which are $d0, $d1 … there
# whatever its kernel calls them; its output
appliance () {
  local script=$1 disk
  shift
  {
    echo 'set-memsize 1280'
    echo 'append "md_mod.start_ro=1"'
    for disk; do echo "add $disk format:${disk##*.} cachemode:unsafe"; done
    echo run
    sed -i '1i udevadm settle; for d in 0 1 2 3; do eval d$d=$(readlink -f /dev/disk/by-path/*-scsi-0:0:$d:0); done' "$script"
    echo "debug sh \"echo $(base64 -w0 "$script") | base64 -d | bash 2>&1\""
  } >"$WORK/guestfish"
  guestfish -f "$WORK/guestfish"
}

# Disk 0: the system with a key, and each kind of file system.  Disks 1 to 3: RAID.
sizes=(300 128 96 256 320 112 144 128)
names=(root ntfs vfat btrfs xfs luks luks-lvm small)
regions=$WORK/regions
{
  echo 'label: gpt'
  at=1
  for i in "${!sizes[@]}"; do
    echo "$((i + 1)): start=${at}MiB size=${sizes[i]}MiB"
    echo "${names[i]} 0 $((at * MIB)) $((sizes[i] * MIB))" >>"$regions"
    at=$((at + sizes[i]))
  done
} >"$WORK/table0"
truncate -s $(((at + 1) * MIB)) "$WORK/0.raw"
sfdisk -q --no-reread "$WORK/0.raw" <"$WORK/table0"
for disk in 1 2 3; do
  truncate -s 802M "$WORK/$disk.raw"
  {
    echo 'label: gpt'
    echo '1: start=1MiB size=100MiB'
    echo '2: start=101MiB size=700MiB'
  } | sfdisk -q --no-reread "$WORK/$disk.raw"
  [ $disk -eq 3 ] || echo "raid1 $disk $MIB $((100 * MIB))" >>"$regions"
  echo "raid5 $disk $((101 * MIB)) $((700 * MIB))" >>"$regions"
done

echo 12.0 >"$WORK/root/etc/debian_version"
echo '/dev/sda1 / ext4 defaults 0 1' >"$WORK/root/etc/fstab"
head -c 64 /dev/urandom >"$WORK/root/etc/data.key"
printf '%s\n' 'data UUID=5b2f5d1c-0000-4000-8000-000000000006 /etc/data.key luks' \
  'group UUID=5b2f5d1c-0000-4000-8000-000000000007 /etc/data.key luks' >"$WORK/root/etc/crypttab"
mke2fs -q -t ext4 -b 4096 -d "$WORK/root" -E "offset=$MIB,nodiscard" "$WORK/0.raw" $((300 * 256)) >"$WORK/make.log" 2>&1
# the appliance need not have mkfs.xfs
truncate -s 320M "$WORK/xfs.raw"
mkfs.xfs -q -K "$WORK/xfs.raw"
dd if="$WORK/xfs.raw" of="$WORK/0.raw" bs=1M seek=781 conv=notrunc,sparse status=none

cat >"$WORK/make" <<'END'
set -e
mkdir -p /tmp/m
mount ${d0}1 /tmp/m; cp /tmp/m/etc/data.key /tmp/key; umount /tmp/m
mkfs.ntfs -Q -q -F ${d0}2
mkfs.vfat ${d0}3 >/dev/null
mkfs.btrfs -q -f ${d0}4
for n in 6 7; do
  cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /tmp/key \
    --uuid 5b2f5d1c-0000-4000-8000-00000000000$n ${d0}$n
  cryptsetup open --key-file /tmp/key ${d0}$n c$n
done
ext4="mkfs.ext4 -q -E nodiscard,lazy_itable_init=0"
$ext4 /dev/mapper/c6
pvcreate -qq /dev/mapper/c7; vgcreate -qq vgc /dev/mapper/c7
lvcreate -qq -y -Wn -n data -L 80M vgc; $ext4 /dev/vgc/data
$ext4 -b 4096 ${d0}8
# as after a power cut: its halves do not agree yet
modprobe raid1; modprobe raid456
echo 1 >/proc/sys/dev/raid/speed_limit_max; echo 1 >/proc/sys/dev/raid/speed_limit_min
mdadm --create --quiet --run --metadata=1.2 /dev/md1 -l1 -n2 ${d1}1 ${d2}1
echo frozen >/sys/block/md1/md/sync_action
$ext4 /dev/md1
mdadm --create --quiet --run --assume-clean --metadata=1.2 /dev/md5 -l5 -n3 ${d1}2 ${d2}2 ${d3}2
pvcreate -qq /dev/md5; vgcreate -qq vgr /dev/md5
lvcreate -qq -y -Wn -n swap -L 100M vgr; mkswap -U 5b2f5d1c-0000-4000-8000-000000000009 /dev/vgr/swap >/dev/null
lvcreate -qq -y -Wn -n data -L 900M vgr; $ext4 -b 4096 /dev/vgr/data
pvcreate -qq ${d3}1; vgcreate -qq vgp ${d3}1
lvcreate -qq -y -Wn -n first -L 20M vgp; lvcreate -qq -y -Wn -n data -L 40M vgp; $ext4 /dev/vgp/data
dd if=/dev/urandom of=/dev/vgr/swap bs=1M seek=1 count=20 conv=notrunc status=none

# fill DEVICE NAME FACTOR MIB [MORE]: files that live and files that are deleted; its live bytes
fill () {
  mount $1 /tmp/m
  head -c $4M /dev/urandom >/tmp/m/live
  head -c $4M /dev/urandom >/tmp/m/dead
  sync
  head -c 3M /dev/urandom >/tmp/m/more
  if [ $2 = small ]; then # one cluster of 60 in use, then one that is not
    for i in $(seq 400); do head -c 60000 /dev/urandom >/tmp/m/f$i; done
    sync
    rm /tmp/m/f*[13579]
  fi
  (cd /tmp/m; rm dead; sha256sum live more f* 2>/dev/null) >/tmp/sums || true
  mv /tmp/sums /tmp/m/sums
  umount /tmp/m
  mount -r $1 /tmp/m
  free=$(stat -f -c %f /tmp/m) size=$(stat -f -c %S /tmp/m)
  umount /tmp/m
  echo live $2 $(((${5:-$(blockdev --getsize64 $1)} - free * size) * $3 / 2 + ${6:-0}))
}
fill ${d0}2 ntfs 2 20
fill ${d0}3 vfat 2 20
fill ${d0}4 btrfs 2 20
fill ${d0}5 xfs 2 20
fill /dev/mapper/c6 luks 2 20 "" $((16 << 20))
fill /dev/vgc/data luks-lvm 2 20 "" $((17 << 20))
fill ${d0}8 small 2 10
fill /dev/md1 raid1 4 20 "" $((2 << 20))
fill /dev/vgr/data raid5 3 200 "" $((6 << 20))
# place DEVICE DISK BASE: a byte of its file "live", which is so far behind BASE as in DEVICE
place () {
  mount -r $1 /tmp/m
  filefrag -v /tmp/m/live | gawk -v disk=$2 -v base=$(($3)) '
    / blocks? of / { sub (/.* of /, ""); size = $1 + 0 }
    /^ *0:/ { gsub (/[:.]+/, " "); printf "place %d:%d\n", disk, base + $4 * size + 5000 }'
  umount /tmp/m
}
mount /dev/vgp/data /tmp/m; head -c 3M /dev/urandom >/tmp/m/live; umount /tmp/m
place ${d0}5 0 '781 << 20'
echo "place 0:$(((301 << 20) + $(ntfscluster -F /live ${d0}2 2>/dev/null | gawk '$1 == "0" { print $2 }') * 4096 + 5000))"
place /dev/md1 2 "(1 << 20) + $(cat /sys/block/md1/md/rd1/offset) * 512"
place /dev/vgp/data 3 "(21 << 20) + $(pvs --noheadings --units b --nosuffix -o pe_start ${d3}1)"
vgchange -qq -an; cryptsetup close c6; cryptsetup close c7
cat /sys/block/md1/md/resync_start
mdadm --stop --scan
END
appliance "$WORK/make" "$WORK"/{0,1,2,3}.raw >"$WORK/made" 2>&1 || true
grep '^live ' "$WORK/made" >>"$regions"
check "the disks are made" [ "$(grep -c '^live ' "$WORK/made")" -eq 9 ]

disks=()
for disk in 0 1 2 3; do
  nbdkit -f -r -U "$WORK/nbd$disk" --filter=log file "$WORK/$disk.raw" logfile="$JOB/log$disk" 2>/dev/null &
  NBDKITS+=($!)
  while [ ! -S "$WORK/nbd$disk" ]; do sleep 0.1; done
  qemu-img create -q -f qcow2 -o cluster_size=4k -b "nbd+unix:///?socket=$WORK/nbd$disk" -F raw "$JOB/d$disk.qcow2"
  disks+=("disk=/dev/sd${disk/#0/a},$(stat -c %s "$WORK/$disk.raw"),512,D$disk")
done
status=0
"$BUILD/tests/convert-tool" "$JOB" phases=inspect,places,trim \
  places="$(sed -n 's/^place //p' "$WORK/made" | paste -sd,)" "${disks[@]}" >"$WORK/output" 2>"$WORK/log" || status=$?
check "inspect and trim end well" [ $status -eq 0 ]
place_is () { grep -x "place: $1" "$WORK/output" || { grep "^place" "$WORK/output" "$WORK/made"; return 1; }; }
check "a place in XFS has its file" place_is "partition 5, file /live"
check "one in NTFS" place_is "partition 2, file /live"
check "one on a mirror" place_is "partition 1, /dev/md[0-9]*, file /live"
check "one in a volume" place_is "partition 1, /dev/vgp/data, file /live"
tests/lib/layout-figures.py "$JOB" "$regions" >"$WORK/figures"
sed 's/^/# /' "$WORK/figures"

# at_most NAME RATIO: of all that is copied of it to what lives
at_most () {
  awk -v name="$1" -v most="$2" '$1 == name { print; good = $3 > 0 && $9 <= most } END { exit !good }' "$WORK/figures"
}
# What was read of what is dropped: 1 MiB or 0.5 %
little_read () {
  awk '$13 > 1048576 && $13 > $11 / 200 { print; bad = 1 } END { exit bad }' "$WORK/figures"
}
for name in ntfs vfat btrfs xfs luks luks-lvm raid1 raid5; do
  check "$name: at most 1.03 of what lives is copied" at_most $name 1.03
done
check "small files: at most 1.10" at_most small 1.10
check "hardly any dead byte was read to find them" little_read
# not by a resync, which would write what it reads
check "an array that was not in order is not made to agree" awk '$1 == "raid1" { exit $7 > 1048576 }' "$WORK/figures"

cat >"$WORK/look" <<'END'
mkdir -p /tmp/m
for n in 1 2; do mdadm --examine ${d1}$n | sed -n "s/^ *State : /member $n /p"; done
mount ${d0}1 /tmp/m; cp /tmp/m/etc/data.key /tmp/key; umount /tmp/m
for n in 6 7; do cryptsetup open --key-file /tmp/key ${d0}$n c$n; done
udevadm settle; vgchange -qq -ay
look () {
  mount -r $1 /tmp/m && (cd /tmp/m && sha256sum --quiet -c sums) && echo same $2
  umount /tmp/m
  ${3:-e2fsck -fn} $1 >/dev/null 2>&1 && echo sound $2
}
look ${d0}2 ntfs 'ntfsresize --check'
look ${d0}3 vfat 'fsck.vfat -n'
look ${d0}4 btrfs 'btrfs check --readonly'
look ${d0}5 xfs true
look /dev/mapper/c6 luks
look /dev/vgc/data luks-lvm
look ${d0}8 small
look /dev/md1 raid1
look /dev/vgr/data raid5
blkid /dev/vgr/swap
lvs --noheadings -o lv_name,vg_free_count vgr vgc
mdadm --readwrite /dev/md5; echo check >/sys/block/md5/md/sync_action; mdadm --wait /dev/md5
echo mismatches $(cat /sys/block/md5/md/mismatch_cnt)
END
for disk in 0 1 2 3; do
  qemu-img create -q -f qcow2 -b "$JOB/d$disk.qcow2" -F qcow2 "$WORK/look$disk.qcow2"
done
appliance "$WORK/look" "$WORK"/look{0,1,2,3}.qcow2 >"$WORK/seen" 2>&1 || true
seen () {
  grep -E -- "$1" "$WORK/seen" || { cat "$WORK/seen"; return 1; }
}
for name in ntfs vfat btrfs xfs luks luks-lvm small raid1 raid5; do
  check "$name: every file is the same" seen "^same $name$"
  check "$name: the file system is sound" seen "^sound $name$"
done
check "the swap keeps its name" seen 'UUID="5b2f5d1c-0000-4000-8000-000000000009".* TYPE="swap"'
check "an array that was in order is so" seen '^member 2 clean$'
check "one that was not is not either" seen '^member 1 active$'
check "parity agrees with the data everywhere" seen '^mismatches 0$'
[ $TAP_FAILED -eq 0 ] || sed 's/^/# /' "$WORK/made" "$WORK/output" "$WORK/log" "$WORK/seen"
tap_end
