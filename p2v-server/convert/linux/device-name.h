/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of block devices as a guest's files spell them: pure functions on
 * strings and the client's inventory. */
#pragma once
#include "common/machine.h"

typedef struct {
  guint disk;       /* index in machine->disks */
  guint part;       /* partition number, 0: the whole disk */
  gboolean guessed; /* by the order of disks only: the name is from another driver
                       than the one the client saw ("/dev/hda", "/dev/cciss/c0d0") */
} DevicePlace;

/* TRUE when NAME changes with the hardware: /dev/sda1, /dev/nvme0n1p1,
 * /dev/cciss/c0d0p1, /dev/disk/by-id/ata-… and the like.  FALSE for names that
 * come from what is on the disk (UUID=, by-uuid, by-label, by-partuuid, device
 * mapper, LVM, MD) and for what is no disk at all. */
gboolean device_name_is_hardware (const char *name);

/* Where NAME points on the physical machine: by the client's list of links,
 * its kernel names, the drive's serial or WWN within a by-id name, and last, for
 * names of a driver that no disk uses now, by the order of disks.  FALSE when it is none of
 * the converted disks. */
gboolean device_name_locate (const P2vMachine *machine, const char *name, DevicePlace *place);

/* "/dev/vg-a/root" for "/dev/mapper/vg--a-root" and "/dev/disk/by-id/dm-name-vg--a-root", NULL
 * for anything else.  Caller frees. */
char *device_name_lv (const char *name);
