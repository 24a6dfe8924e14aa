/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of an image has to read as zeroes but is no hole in it. */
#pragma once
#include "blockmap.h"
#include "job.h"
#include "nbd-pool.h"

typedef struct {
  guint64 offset;
  guint32 length; /* at most P2V_UNIT */
} VerifyRange;

/* Adds to RANGES (VerifyRange) what TARGET holds as data beside the pieces of
 * MAP: that has to be read.  P2V_ERROR_IO, P2V_ERROR_CANCELLED. */
gboolean verify_find_zeroes (NbdPool *target, const Blockmap *map, GArray *ranges,
                             GCancellable *cancel, GError **error);

/* Makes RANGES (VerifyRange) of the image of DISK at PATH read as zeroes, on stable storage. */
gboolean verify_make_zero (Job *job, const JobDisk *disk, const char *path, const GArray *ranges,
                           GError **error);

/* LENGTH is at least 1. */
gboolean verify_is_zero (const guint8 *data, gsize length);
