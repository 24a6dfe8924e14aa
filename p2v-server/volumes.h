/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds data in the guest: file systems, swap, containers of them (LUKS,
 * physical volumes, RAID members), and on demand any other block device, with
 * the names that come from its contents. */
#pragma once
#include "guest.h"

typedef struct {
  char *device;   /* as the appliance names it: "/dev/sda1", "/dev/vg/root" */
  char *physical; /* as the ISO named it, "/dev/nvme0n1p1"; DEVICE for a volume on several disks */
  char *type;     /* libblkid's word: "ext4", "swap", "crypto_LUKS"; NULL unknown */
  char *uuid;     /* these NULL when there is none */
  char *label;
  char *partuuid;
  char *partlabel;
  char *kind;    /* of a partition, as its table has it: "0x83", a GUID */
  char *table;   /* of a whole disk: kind of its partition table, "dos", "gpt" */
  char *md_uuid; /* of a RAID array */
  char *md_name; /* what the array is called by its own superblock, "host:0" */
} Volume;

void volume_free (Volume *volume);

/* Lists what is on the guest's disks into guest->volumes, each probed once,
 * and its LVM into guest->lvs and guest->incomplete_vgs. */
gboolean volumes_load (Guest *guest, GError **error);

/* Any block device of the appliance; NULL when it does not exist. */
const Volume *volume_of_device (Guest *guest, const char *device);

/* The volume that SPEC means, spelled as in fstab or on a kernel command
 * line: UUID=, LABEL=, PARTUUID=, PARTLABEL=, /dev/disk/…, /dev/mapper/…, /dev/VG/LV,
 * /dev/md…, or a hardware name (device-name.h).  TYPE (may be NULL) is the file
 * system that the guest expects: a kernel's name for a disk, which may have
 * been another one's, only counts with that.  NULL when it is none of the guest's. */
const Volume *volume_find (Guest *guest, const char *spec, const char *type);

/* TRUE when what SPEC means will certainly not exist in the virtual machine, so
 * that the guest would wait for it: not found, and no place left where it may be
 * hidden (an encrypted volume that the guest opens, a RAID array that the
 * appliance cannot assemble, the network).  OPTIONS: of its entry in fstab or crypttab, may be
 * NULL. */
gboolean volume_missing (Guest *guest, const char *spec, const char *type, const char *options);

/* The same for a device that crypttab opens. */
gboolean volume_missing_crypt (Guest *guest, const char *spec, const char *options);

/* The volume group of "/dev/VG/LV"; NULL when DEVICE is none.  Caller frees. */
char *volume_group_of (const char *device);

/* The name that stays the same on every hardware: UUID=, else PARTUUID= (also
 * when two volumes have the same UUID); NULL when there is none.  Caller frees. */
char *volume_name (Guest *guest, const Volume *volume);
