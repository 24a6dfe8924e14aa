#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1800
# Disks that say that they are failing, asked by the smartctl of the booted image: an NVMe disk
# (QEMU's), a SCSI disk (the kernel's scsi_debug), beside sound ones of both kinds and a sound ATA
# disk, which QEMU cannot make fail.  Needs `make iso`.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=iso/common.sh
. iso/common.sh
# shellcheck source=tests/lib/image.sh
. tests/lib/image.sh
trap machine_stop EXIT

# disk ID DEVICE: without contents
disk () { printf '%s\n' -drive "if=none,id=$1,format=raw,file=$WORK/$1.raw" -device "$2,drive=$1,serial=$1"; }

truncate -s 8M "$WORK"/{bad,good,ata,scsi}.raw
image_open
image_with tests/slow/smart/look
cc -static -O2 -o "$WORK/tree/threshold" tests/slow/smart/threshold.c
pack_tree "$WORK/tree" "$WORK/tree.img"
cat "$WORK/initrd.img" "$WORK/tree.img" >"$WORK/both.img"
# QEMU's word for bit 2: the NVM subsystem's reliability is degraded.
mapfile -t disks < <(disk bad nvme,smart_critical_warning=4; disk good nvme; disk ata ide-hd,bus=ide.0; disk scsi scsi-hd,bus=s.0)
image_boot look "" -device virtio-scsi-pci,id=s "${disks[@]}"
check "the image looks at its disks" ends 900 look
check "a SCSI disk expects to fail" says look '^look: sd[a-z] will fail'
debug=$(sed -E 's/^look: (sd[a-z]) .*/\1/' "$WORK/found")
check "the failing SCSI disk is told" says look "^said: Warning: Disk $debug says of itself that it is failing \(SMART\)\."
check "the failing NVMe disk is told" says look '^said: Warning: Disk nvme[01]n1 says of itself that it is failing \(SMART\)\.'
check "of the three sound ones nothing is said" test "$(grep -ac '^said: Warning: Disk ' "$WORK/look.log")" = 2
check "before the connection is tried" bash -c \
  "awk '/^said: Warning: Disk/ { warned = NR } /conversion failed/ { failed = NR } END { exit !(warned && warned < failed) }' '$WORK/look.log'"
tap_end
