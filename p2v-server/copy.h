/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying pieces of disks from overlay and broker to the target's images. */
#pragma once
#include "blockmap.h"
#include "job.h"

/* So many disks at most are copied at the same time.  They share one set of
 * transfer buffers (flow.c), evenly as long as each has something to copy. */
#define COPY_AT_ONCE 8

/* One disk, its map, and the image to write, which is empty or (after a stop) the
 * one that was begun. */
typedef struct {
  JobDisk *disk;
  Blockmap *map;
  const char *image;
  GMappedFile *held; /* the map of the broker's cache, NULL: nothing is in it */
} CopyDisk;

/* Copies what the maps of N disks (up to COPY_AT_ONCE) still have as planned, all at
 * once.  Each piece is read once.  A piece becomes PIECE_COPIED only after a flush of
 * its target.  PROGRESS is the phase's, and goes on.  The first failure of one
 * disk ends all:  P2V_ERROR_IO names disk and byte, P2V_ERROR_SPACE, P2V_ERROR_CANCELLED. */
gboolean copy_disks (Job *job, const CopyDisk *disks, guint n, JobProgress *progress,
                     GError **error);

/* Counts the pieces of DISK, and what of them was copied before, into PROGRESS and, from 0
 * on, into the disk's own figures. */
void copy_count (const CopyDisk *disk, JobProgress *progress);

/* PIECE is on the target: for the disk's figures. */
void copy_note (JobDisk *disk, const Piece *piece);

/* FALSE for what lies on the conversion server already, in the overlay or the cache. */
gboolean copy_crosses_link (const CopyDisk *disk, const Piece *piece);

/* Copies the pieces of DISK with these numbers (guint64) again, over whatever the image
 * holds there; also zeroes are written.  What comes from the source is read on
 * the physical machine once more, also where the broker's cache holds it. */
gboolean copy_again (Job *job, const CopyDisk *disk, const GArray *pieces, GError **error);
