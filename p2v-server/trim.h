/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of phase trim. */
#pragma once
#include "guest.h"
#include "partition-table.h"
#include "volumes.h"

/* A file system whose free space can be found. */
gboolean trim_is_possible (const Volume *volume);

/* May the unmounted file system of VOLUME be trimmed by its own word?  If not, says why in
 * the report.  *checked: it was looked at as a whole. */
gboolean trim_may_trust (Guest *guest, const Volume *volume, gboolean *checked);

/* After trimming one that was not checked: says what the kernel found then. */
void trim_look_back (Guest *guest, const Volume *volume);

/* Do discards of DEVICE reach the disks? */
gboolean below_passes (Guest *guest, const char *device);

/* Where they do not: what TRIM (which mounts and trims the device that it is given) says is
 * free of VOLUME, an array of Range, caller unrefs; NULL when TRIM fails or that was not found.
 * The file system must not be mounted again: it may use what is free. */
typedef gboolean (*BelowTrim) (Guest *guest, const char *device, const char *type, guint64 *bytes);
GArray *below_record (Guest *guest, const Volume *volume, BelowTrim trim);

/* Adds to DROPS (a GArray of ByteRange for each disk) where RANGES (Range; gets merged) of DEVICE
 * lie on the disks; FALSE when a layer in between is not understood. */
gboolean below_drop (Guest *guest, const char *device, GArray *ranges, GPtrArray *drops);

/* The appliance's kernel's own name for DEVICE, "/dev/dm-3"; NULL when that is not
 * known.  Caller frees. */
char *below_device (Guest *guest, const char *device);

/* Opens the encrypted volumes that the mounted guest itself opens by key files, so that
 * discards pass, and adds what is in them to guest->volumes.  Returns their devices,
 * caller frees with g_strfreev; what stays closed is copied as a whole. */
char **trim_open_encrypted (Guest *guest);

/* The gaps of disk INDEX in the open appliance: ByteRange; empty for a disk
 * without a partition table that is understood. */
GArray *trim_find_gaps (Guest *guest, guint index);

/* The end of a physical volume that is too short for an extent of its group: up to an
 * extent, which may be large, and LVM has no name for it.  An array of Range, at most one;
 * caller unrefs. */
GArray *trim_remainder (const struct guestfs_lvm_pv *pv);

/* Discards RANGES (ByteRange, not empty) of the closed overlay OVERLAY. */
gboolean trim_discard (Job *job, const char *overlay, GArray *ranges, GError **error);
