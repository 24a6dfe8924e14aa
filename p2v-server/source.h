/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bytes of a converted disk come from: the overlay for what the
 * conversion wrote, the broker for the rest, nothing for what reads as zeroes. */
#pragma once
#include "blockmap.h"
#include "nbd-pool.h"
#include "job.h"

typedef struct Source Source;

/* Serves the overlay of DISK read-only and connects to it; to the broker only
 * when the first source_pool (…, PIECE_SOURCE, …) asks for it. */
Source *source_open (Job *job, const JobDisk *disk, GError **error);
void source_free (Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Source, source_free)

/* From now on what the broker's cache holds is read from the physical machine
 * again: something is wrong with it.  Before the first source_pool. */
void source_distrust_cache (Source *source);

/* The connections that pieces of KIND are read through (borrowed). */
NbdPool *source_pool (Source *source, PieceKind kind, GError **error);

/* Calls FUNC for every stretch of the disk that lives, in ascending order. */
typedef gboolean (*SourceSegment) (PieceKind kind, guint64 offset, guint64 length, gpointer data,
                                   GError **error);
gboolean source_map (Source *source, SourceSegment func, gpointer data, GError **error);
