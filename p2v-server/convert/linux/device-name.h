/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of block devices as a guest's files spell them: pure functions on
 * strings and the client's inventory. */
#pragma once
#include "common/machine.h"

typedef struct {
  guint disk;       /* index in machine->disks */
  guint part;       /* partition number, 0: the whole disk */
  gboolean guessed; /* by the order of disks only: a kernel's name ("/dev/sda1"), which the
                       installed system may have given to another disk than the ISO did */
} DevicePlace;

/* How the installed system numbers its disks, where that is not what the ISO
 * says (device-order.h): one for each driver's names. */
typedef struct {
  gint family;    /* as of device_name_ordinal */
  GArray *places; /* guint, for each of machine->disks: the disk's place in the order ("/dev/sda"
                     is 0), or DEVICE_NO_PLACE */
} DeviceOrder;

#define DEVICE_NO_PLACE G_MAXUINT

void device_order_free (DeviceOrder *order);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DeviceOrder, device_order_free)

/* Takes a kernel's name apart: "/dev/hdb3" has place 1 and part 3.  *family is
 * the same number for all names of one driver.  FALSE when it is no such name. */
gboolean device_name_ordinal (const char *name, gint *family, guint *place, guint *part);

/* TRUE when NAME changes with the hardware: /dev/sda1, /dev/nvme0n1p1,
 * /dev/cciss/c0d0p1, /dev/disk/by-id/ata-… and the like.  FALSE for names that
 * come from what is on the disk (UUID=, by-uuid, by-label, by-partuuid, device
 * mapper, LVM, MD) and for what is no disk at all. */
gboolean device_name_is_hardware (const char *name);

/* Where NAME points on the physical machine: by the client's list of links,
 * ORDERS (DeviceOrder *, may be NULL), its kernel names, the drive's serial or
 * WWN within a by-id name, and last, for names of a driver that no disk uses
 * now, by the order of disks.  FALSE when it is none of the converted disks. */
gboolean device_name_locate (const P2vMachine *machine, const GPtrArray *orders, const char *name,
                             DevicePlace *place);

/* "/dev/vg-a/root" for "/dev/mapper/vg--a-root" and "/dev/disk/by-id/dm-name-vg--a-root", NULL
 * for anything else.  Caller frees. */
char *device_name_lv (const char *name);
