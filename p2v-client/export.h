/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source: one read-only nbdkit per disk on a private unix socket, with our
 * digest filter, which reports what it served. */
#pragma once
#include <gio/gio.h>
#include "common/machine.h"

typedef struct Export Export;

/* Called from the export's reader thread with whole packed digest records
 * (common/unit.h) of disk DISK, in the order in which they were read. */
typedef void (*ExportDigests) (guint disk, const guint8 *records, gsize length, gpointer data);

/* Sets every disk read-only (BLKROSET, block devices only) and its readahead
 * aside (nbdkit's fadvise=random), starts nbdkit for each in a new 0700
 * directory, waits until the sockets answer.  P2V_ERROR_DISK when a disk
 * cannot be opened.  Caller frees. */
Export *export_start (const P2vMachine *machine, ExportDigests callback, gpointer data,
                      GError **error);

/* Unix socket paths, one per disk (borrowed, NULL-ended). */
const char *const *export_sockets (Export *export);

/* Bytes that nbdkit served from the disk so far, as counted by the filter. */
guint64 export_bytes_read (Export *export, guint disk);

/* Returns once every record of reads already answered has been handed to the callback. */
void export_flush (Export *export);

/* TRUE with P2V_ERROR_DISK when an nbdkit has ended by itself. */
gboolean export_failed (Export *export, GError **error);

/* Ends nbdkit, removes sockets and directory. */
void export_free (Export *export);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Export, export_free)
