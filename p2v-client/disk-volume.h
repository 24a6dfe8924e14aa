/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that are put together of others and that the old system never saw apart: volumes of
 * a fake RAID and disks with several paths.  Such a volume is converted, its members are not.
 *
 * Linux's own software RAID is another matter: the system in the guest puts it together
 * itself, from the same members, so the members are what is converted. */
#pragma once
#include <glib.h>

/* SYS is "/sys" (another folder in tests), NAME a block device as /sys/class/block has it. */

/* TRUE for such a volume, in use or not. */
gboolean disk_volume_is (const char *sys, const char *name);

/* TRUE for a member of one that runs, a spare included. */
gboolean disk_volume_hides (const char *sys, const char *name);

/* Kernel names of the disks below the volume, sorted: strv (caller frees).  A member that is
 * a volume itself (fake RAID of disks with several paths) stands for its members. */
char **disk_volume_members (const char *sys, const char *name);

/* TRUE when it is one disk by several paths: its members are the same disk. */
gboolean disk_volume_is_multipath (const char *sys, const char *name);

/* "IMSM RAID 1", for a person (caller frees); NULL for what is no fake RAID. */
char *disk_volume_model (const char *sys, const char *name);
