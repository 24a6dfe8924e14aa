/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places on a disk, collected in any order and told in few words. */
#pragma once
#include <glib.h>

typedef struct {
  guint64 offset, length; /* bytes; never 0 long */
} Range;

/* An empty list of Range (caller unrefs). */
GArray *ranges_new (void);
void ranges_add (GArray *ranges, guint64 offset, guint64 length);

/* Sorts, and joins what touches or overlaps. */
void ranges_merge (GArray *ranges);

/* Takes what OTHER holds out of RANGES; both are merged. */
void ranges_subtract (GArray *ranges, const GArray *other);

/* Bytes of all of a merged list. */
guint64 ranges_bytes (const GArray *ranges);

/* "bytes 65536 to 131071 (64.0 KiB)" (caller frees). */
char *range_text (const Range *range);
