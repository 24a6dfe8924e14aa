/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the partitions of a disk lie: pure, over a function that reads. */
#pragma once
#include <glib.h>

/* A range of a disk, in bytes; end is the first byte behind it. */
typedef struct {
  guint64 start, end;
} ByteRange;

/* Reads LENGTH bytes at OFFSET of the disk; FALSE when that is impossible. */
typedef gboolean (*DiskRead) (void *buffer, guint64 offset, guint length, gpointer data);

/* The ranges of a disk that its DOS or GPT partition table uses: partitions,
 * the boot records that lead to logical ones (not the extended partition
 * as a whole), both copies of a GPT.  NULL when there is no such table, when it
 * cannot be understood to its end, when a checksum is wrong, when GPT's copies
 * differ, and for a dynamic disk of Windows: then nothing may be said about any
 * place.  Array of ByteRange, caller unrefs. */
GArray *partition_table_ranges (DiskRead read, gpointer data, guint64 size, guint sector);

/* Is every byte of RANGE in one of LIVE?  Sorts LIVE. */
gboolean partition_table_covers (GArray *live, ByteRange range);

/* What belongs to nobody on a disk of SIZE bytes of which LIVE (any order, may overlap) is
 * used: array of ByteRange.  The first 512 KiB and the last 128 count as live
 * too: partition table, boot loader, GPT's copy, RAID signatures.  Sorts LIVE. */
GArray *partition_table_gaps (GArray *live, guint64 size);
