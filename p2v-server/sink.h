/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the copy writes to: the image of one disk at the target.  A raw one is a file
 * like any other and is written as such; qcow2 goes through qemu-nbd.  (Through qemu-nbd a
 * raw one cost a third of all processor time of the copy.) */
#pragma once
#include "job.h"
#include "nbd-pool.h"

typedef struct Sink Sink;

/* Opens FILE, the image of DISK in the format of the job's target.  P2V_ERROR_IO,
 * P2V_ERROR_INTERNAL, P2V_ERROR_CANCELLED. */
Sink *sink_open (Job *job, const JobDisk *disk, const char *file, GError **error);
/* Waits for what is under way.  NULL is ignored. */
void sink_free (Sink *sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sink, sink_free)

/* Is to be polled together with all others; NULL: nothing. */
NbdPool *sink_pool (Sink *sink);
/* The same; FALSE: nothing. */
gboolean sink_watch (Sink *sink, NbdWatch *watch);

/* As nbd_pool_write, _zero and _flush; DONE may be called before they return. */
gboolean sink_write (Sink *sink, const void *data, guint64 offset, guint32 length, NbdDone done,
                     gpointer user, GError **error);
gboolean sink_zero (Sink *sink, guint64 offset, guint32 length, NbdDone done, gpointer user,
                    GError **error);

gboolean sink_flush (Sink *sink, NbdDone done, gpointer user, GError **error);
