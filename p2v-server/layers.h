/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies below LVM and software RAID. */
#pragma once
#include "blocks.h"
#include "guest.h"

/* libguestfs's calls that return structures name devices as the appliance's
 * kernel does, which is not what all other calls take when its disks were found
 * in another order.  So what is below something is found by its UUID. */

/* Is DASHED, a UUID of LVM, the same as UUID (no NUL at its end)? */
gboolean lvm_same_uuid (const char *dashed, const char uuid[32]);

/* The device of LVM's physical volume UUID; NULL when there is none.  Caller frees. */
char *lvm_pv_device (Guest *guest, const char uuid[32]);

/* The partitions and disks that are members of the software RAID ARRAY.  Caller
 * frees with g_strfreev. */
char **raid_members (Guest *guest, const char *array);

/* How the appliance's kernel has stacked everything now, with the job's disks known in it; NULL
 * when that is not understood. */
Blocks *layers_load (Guest *guest);

/* What the kernel calls DEVICE, "dm-3" for "/dev/vg/lv"; NULL when that is not known.
 * Caller frees. */
char *layers_kernel_name (Guest *guest, const Blocks *blocks, const char *device);
