/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the appliance's kernel has stacked its block devices, and where a place of
 * one on top lies on the disks below: pure, over the text that blocks_script prints
 * in the appliance.  Only what is understood exactly is mapped. */
#pragma once
#include <glib.h>

/* For the appliance's shell; nothing of the guest's is in it. */
extern const char blocks_script[];

typedef struct Blocks Blocks;

/* NULL when TEXT cannot be understood. */
Blocks *blocks_parse (const char *text);
void blocks_free (Blocks *blocks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Blocks, blocks_free)

/* What blocks_map must know of a disk that the appliance was given. */
typedef struct {
  guint64 size;  /* bytes */
  guint cluster; /* bytes that can only be dropped together, a power of 2 */
} BlocksDisk;

/* Tells which of the kernel's disks are DISKS, N of them in the order in which they were
 * given to the appliance.  FALSE when that is not plain. */
gboolean blocks_know_disks (Blocks *blocks, const BlocksDisk *disks, guint n);

/* The kernel's name of partition PART (0: the whole) of disk INDEX of those; NULL when
 * there is none.  Borrowed. */
const char *blocks_name (const Blocks *blocks, guint index, guint part);

/* Do discards of the device with the kernel's name NAME ("dm-3", "md0p1") pass down? */
gboolean blocks_pass (const Blocks *blocks, const char *name);

/* Adds to DROPS, a GArray of ByteRange for each disk, what RANGES (Range, merged) of NAME are
 * on the disks.  Below software RAID with parity only what is free at the same place of
 * every member, so that zeroes there agree with each other.  FALSE, and nothing added,
 * when a layer is not understood. */
gboolean blocks_map (const Blocks *blocks, const char *name, const GArray *ranges,
                     GPtrArray *drops);

/* The other way round: the device at the top of what byte *AT of disk INDEX belongs to (the
 * kernel's name, borrowed), as far as the layers are understood; *AT becomes the byte in it.
 * NULL when there is no such disk. */
const char *blocks_top (const Blocks *blocks, guint index, guint64 *at);
