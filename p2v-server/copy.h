/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying pieces of one disk from overlay and broker to the target's image. */
#pragma once
#include "blockmap.h"
#include "job.h"

/* Progress over all disks of the phase, in bytes. */
typedef struct {
  guint64 done, total;
} CopyProgress;

/* Copies what MAP still has as planned to the empty image IMAGE (or, after a
 * stop, to the one that was begun).  Each piece is read once.  A piece becomes
 * PIECE_COPIED only after a flush of the target.
 * P2V_ERROR_IO names disk and byte, P2V_ERROR_SPACE, P2V_ERROR_CANCELLED. */
gboolean copy_disk (Job *job, JobDisk *disk, Blockmap *map, const char *image,
                    CopyProgress *progress, GError **error);

/* Copies the pieces with these numbers (guint64) again, over whatever the image
 * holds there; also zeroes are written.  What comes from the source is read on
 * the physical machine once more, also where the broker's cache holds it. */
gboolean copy_again (Job *job, JobDisk *disk, Blockmap *map, const char *image,
                     const GArray *pieces, GError **error);
