#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 2400
# The whole conversion, by kernel arguments, of a machine whose system is on a disk with two
# paths, beside it the members of a degraded RAID 5 and of a degraded RAID 1 of Linux, and a
# disk with sectors of 4096 bytes, and an NVMe disk that says of itself that it is failing.  Its
# clock is years behind.  It says both.  What comes out boots and has the same data; every disk
# has the same SHA-256 afterwards.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh
# shellcheck source=tests/lib/parts.sh
. tests/lib/parts.sh

RUN=$WORK/machine
stop_all () {
  physical_stop "$RUN"
  sshd_stop
}
trap stop_all EXIT

parts_begin
for name in five one big; do seq -f "$name %.0f" 1 800000 >"$WORK/$name"; done
truncate -s 96M "$D/five-a.raw" "$D/five-b.raw" "$D/one-a.raw" "$D/big.raw"
truncate -s 8M "$D/failing.raw"
guestfish >"$WORK/fish.log" 2>&1 <<FISH
add $D/five-a.raw format:raw
add $D/five-b.raw format:raw
add $D/one-a.raw format:raw
add $D/big.raw format:raw blocksize:4096
run
md-create five "/dev/sda /dev/sdb" missingbitmap:0x4 level:raid5
md-create one "/dev/sdc" missingbitmap:0x2 level:raid1
part-disk /dev/sdd gpt
mkfs ext4 /dev/md/five label:five
mkfs ext4 /dev/md/one label:one
mkfs ext4 /dev/sdd1 label:big
mount /dev/md/five /
upload $WORK/five /data
umount /
mount /dev/md/one /
upload $WORK/one /data
umount /
mount /dev/sdd1 /
upload $WORK/big /data
FISH
bench_start "PasswordAuthentication yes"
sums >"$WORK/before"

args="p2v.server=192.168.77.2 p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.identity=file:///etc/p2v/identity"
args+=" p2v.hostkey=$SSHD_HOSTKEY p2v.o=local p2v.os=$OUT p2v.of=qcow2 p2v.name=parts p2v.post=poweroff"
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args "$args" --identity "$SSHD_DIR/id" >"$WORK/iso.log" 2>&1 ||
  { cat "$WORK/iso.log"; exit 1; }
wwn=wwn=0x5000c50015ea71ad,serial=SYSTEM,share-rw=on
physical_start --guest "$WORK/guest" --run "$RUN" --iso "$WORK/site.iso" --qemu "-device virtio-scsi-pci,id=s" \
  --qemu "-rtc base=2019-03-01T12:00:00" \
  --qemu "$(drive system scsi-hd "bus=s.0,scsi-id=0,$wwn" path0)" --qemu "$(drive system scsi-hd "bus=s.0,scsi-id=1,$wwn" path1)" \
  --qemu "$(drive five-a scsi-hd bus=s.0,scsi-id=2,serial=FIVE-A five-a)" \
  --qemu "$(drive five-b scsi-hd bus=s.0,scsi-id=3,serial=FIVE-B five-b)" \
  --qemu "$(drive one-a scsi-hd bus=s.0,scsi-id=4,serial=ONE-A one-a)" \
  --qemu "$(drive big scsi-hd bus=s.0,scsi-id=5,serial=BIG,logical_block_size=4096,physical_block_size=4096 big)" \
  --qemu "$(drive failing nvme serial=FAILING,smart_critical_warning=4 failing)"
status=0
physical_wait "$RUN" 1500 || status=$?
[ $status = 0 ] || tail -n 40 "$RUN/serial.log" "$P2V_STATE_DIR"/jobs/*/log | cut -c 1-200 | sed 's/^/# /'
check "a machine of parts is converted and goes off" test $status = 0
physical_stop "$RUN"
sums >"$WORK/after"
check "every disk is as it was, bit by bit" diff "$WORK/before" "$WORK/after"
check "it has said that its clock is wrong" grep -qE "clock is [0-9]+ days behind" "$P2V_STATE_DIR"/jobs/*/log
check "and that a disk is failing, before the copy" grep -q "Disk nvme0n1 says of itself that it is failing (SMART)" "$P2V_STATE_DIR"/jobs/*/log
check "on its screens, too, before anything is connected" bash -c \
  "tr -d '\r' <'$RUN/serial.log' | awk '/Disk nvme0n1 says of itself/ { warned = NR } /onnected/ && !connected { connected = NR } END { exit !(warned && warned < connected) }'"
check "two paths are one disk: six disks came out" test "$(find "$OUT" -name 'parts-sd?' | wc -l)" = 6
check "the array of three of which one is missing has its data" \
  content_is "$(sha256sum <"$WORK/five" | cut -d ' ' -f 1)" "$OUT"/parts-sd[bc] -- mount-ro /dev/md127 /
check "the mirror of two of which one is missing, too" \
  content_is "$(sha256sum <"$WORK/one" | cut -d ' ' -f 1)" "$OUT/parts-sdd" -- mount-ro /dev/md127 /
check "the disk with sectors of 4096 bytes, too" \
  test "$(guestfish --ro --format=qcow2 --blocksize=4096 -a "$OUT/parts-sde" run : mount-ro /dev/sda1 / : checksum sha256 /data)" = "$(sha256sum <"$WORK/big" | cut -d ' ' -f 1)"
check "which it keeps in the virtual machine" grep -q "logical_block_size=['\"]4096['\"]" "$OUT/parts.xml"
check "the system boots" tests/lib/boot-result.sh --guest "$WORK/tiny" --run "$WORK/boot" "$OUT/parts-sda"
tap_end
