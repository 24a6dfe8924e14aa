/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bytes of a converted disk come from: the overlay for what the
 * conversion wrote, the broker for the rest, nothing for what reads as zeroes. */
#pragma once
#include "blockmap.h"
#include "nbd-pool.h"
#include "job.h"

typedef struct Source Source;

/* Serves the overlay of DISK read-only and connects to it. */
Source *source_open (Job *job, const JobDisk *disk, GError **error);
void source_free (Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Source, source_free)

/* From now on what the broker's cache holds is read from the physical machine
 * again: something is wrong with it.  Before source_open_broker. */
void source_distrust_cache (Source *source);

/* The memory that all source_read of pieces from the broker go to: a memfd that does not
 * shrink, and where it is mapped. */
typedef struct {
  int fd;
  guint8 *bytes;
  gsize size;
} SourceMemory;

/* Connects to the broker, which gets MEMORY and puts there what it receives; one that is
 * only an NBD server (in tests) sends it.  P2V_ERROR_IO, P2V_ERROR_CANCELLED. */
gboolean source_open_broker (Source *source, const SourceMemory *memory, GError **error);

/* Reads a part of the disk that is one or several pieces of KIND into DATA.  As
 * nbd_pool_read. */
gboolean source_read (Source *source, PieceKind kind, guint8 *data, guint64 offset, guint32 length,
                      NbdDone done, gpointer user, GError **error);

/* What has to be polled for pieces of KIND (borrowed, NULL: nothing). */
NbdPool *source_pool (Source *source, PieceKind kind);
/* The same; FALSE: nothing. */
gboolean source_watch (Source *source, NbdWatch *watch);

/* Calls FUNC for every stretch of the disk that lives, in ascending order. */
typedef gboolean (*SourceSegment) (PieceKind kind, guint64 offset, guint64 length, gpointer data,
                                   GError **error);
gboolean source_map (Source *source, SourceSegment func, gpointer data, GError **error);
