/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's digest records on their way into the files dN.digests.  The client keeps
 * each until it is told that it is taken, so that is said only of what is on stable
 * storage: then also a server that loses power has them.  For the main loop's thread. */
#pragma once
#include "job.h"

typedef struct DigestKeeper DigestKeeper;

/* From the main loop: of DISK so many records are kept. */
typedef void (*DigestsTaken) (guint disk, guint64 records, gpointer data);

/* Drops what an earlier process left of an unfinished record.  P2V_ERROR_IO. */
DigestKeeper *digest_keeper_new (Job *job, DigestsTaken taken, gpointer data, GError **error);
void digest_keeper_free (DigestKeeper *keeper);

/* Adds packed records.  When they cannot be written (P2V_ERROR_SPACE, P2V_ERROR_IO) they are
 * kept in memory and written before the next ones. */
gboolean digest_keeper_add (DigestKeeper *keeper, guint disk, const guint8 *records, gsize length,
                            GError **error);

/* Writes what could not be written, puts all of DISK on stable storage now and returns the
 * number of its records; what is still in memory counts, for it is not to be sent again. */
guint64 digest_keeper_settle (DigestKeeper *keeper, guint disk);

/* All records are forgotten: they are another client's. */
void digest_keeper_reset (DigestKeeper *keeper);
