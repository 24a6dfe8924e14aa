/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds data in the guest: file systems, swap, and on demand any other
 * block device, with the names that come from its contents. */
#pragma once
#include "guest.h"

typedef struct {
  char *device; /* as the appliance names it: "/dev/sda1", "/dev/vg/root" */
  char *type;   /* libblkid's word: "ext4", "swap", "crypto_LUKS"; NULL unknown */
  char *uuid;   /* these NULL when there is none */
  char *label;
  char *partuuid;
  char *table; /* of a whole disk: kind of its partition table, "dos", "gpt" */
} Volume;

void volume_free (Volume *volume);

/* Lists file systems, swap and encrypted volumes of the guest into guest->volumes; each is
 * probed once. */
gboolean volumes_load (Guest *guest, GError **error);

/* Any block device of the appliance; NULL when it does not exist. */
const Volume *volume_of_device (Guest *guest, const char *device);

/* The volume that SPEC means, spelled as in fstab or on a kernel command
 * line: UUID=, LABEL=, PARTUUID=, /dev/disk/…, /dev/mapper/…, /dev/VG/LV, or a
 * hardware name (device-name.h).  TYPE (may be NULL) is the file system that
 * the guest expects: a place that was only guessed must have it.  NULL when it is none of the
 * guest's. */
const Volume *volume_find (Guest *guest, const char *spec, const char *type);

/* The name that stays the same on every hardware: UUID=, else PARTUUID= (also
 * when two volumes have the same UUID); NULL when there is none.  Caller frees. */
char *volume_name (Guest *guest, const Volume *volume);
