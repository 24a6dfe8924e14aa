/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's digest records of one disk: what the physical machine's disk
 * held in each range that was read.  The file (dN.digests) is packed records
 * (common/unit.h) in the order in which they came. */
#pragma once
#include <glib.h>
#include "common/unit.h"

typedef struct Digests Digests;

/* Opens the records that are in the file now; later ones need a new open.  A
 * file that does not exist holds none; an unfinished record at the end is
 * still being written and does not count.  P2V_ERROR_IO, P2V_ERROR_JOB when a
 * record crosses a unit boundary or the end of the disk (SIZE bytes). */
Digests *digests_open (const char *path, guint64 size, GError **error);
void digests_free (Digests *digests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Digests, digests_free)

guint64 digests_count (const Digests *digests);

/* The digest of exactly this range, of its latest record when it was read more
 * than once; FALSE when there is none. */
gboolean digests_lookup (const Digests *digests, guint64 offset, guint32 length,
                         guint8 digest[P2V_DIGEST_SIZE]);

/* The same for the whole unit that holds byte OFFSET. */
gboolean digests_lookup_unit (const Digests *digests, guint64 offset,
                              guint8 digest[P2V_DIGEST_SIZE]);
