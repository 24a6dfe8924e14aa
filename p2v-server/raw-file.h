/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw image is a file like any other, and is written past the page cache where its file
 * system and the request allow it: pages that are filled once and never read again cost more
 * processor time than all else of the copy (1.7 s of 1.9 s for each GB through them,
 * measured).  A few threads wait for the storage. */
#pragma once
#include "nbd-pool.h"

typedef struct RawFile RawFile;

/* Opens FILE for writing; SPARSE: zeroes may become holes.  P2V_ERROR_IO. */
RawFile *raw_file_open (const char *file, gboolean sparse, GError **error);
/* Waits for what is under way, of which nobody is told any more.  NULL is ignored. */
void raw_file_free (RawFile *raw);

/* WATCH is to be polled while anything is under way. */
void raw_file_watch (RawFile *raw, NbdWatch *watch);

/* DONE gets 0 or an errno, at once or out of WATCH.  DATA stays the caller's and untouched
 * until then. */
void raw_file_write (RawFile *raw, const void *data, guint64 offset, guint32 length, NbdDone done,
                     gpointer user);
void raw_file_zero (RawFile *raw, guint64 offset, guint32 length, NbdDone done, gpointer user);
/* Of what was written and told of before. */
void raw_file_flush (RawFile *raw, NbdDone done, gpointer user);
