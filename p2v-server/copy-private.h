/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For copy-disk.c and copy-step.c only: one disk of several that are copied at the same
 * time. */
#pragma once
#include "copy.h"
#include "flow.h"
#include "sink.h"
#include "source.h"

/* Pieces that lie side by side are read in one go, up to this many bytes: so every program
 * on their way wakes up less often. */
#define COPY_RUN (4 * P2V_UNIT)

typedef struct {
  Job *job;
  const CopyDisk *item;
  JobDisk *disk;
  Blockmap *map;
  JobProgress *progress; /* NULL when copying again */
  const GArray *only;    /* numbers of pieces, NULL: all that are planned */
  guint64 next;          /* step of the order, or place in ONLY */
  gboolean exhausted;    /* there is no next one */
  gsize in_flight;       /* bytes */
  Sink *sink;
  Source *source;

  GArray *written;  /* pieces whose writes were answered since the last flush was sent */
  GArray *flushing; /* pieces that the flush on its way covers */
  guint64 written_bytes;
  gint64 flushed_at; /* monotonic */
  gboolean flush_sent, flush_done;
  int flush_errnum;
} Copy;

/* Finds the next run of pieces of COPY: sets index, count and length of SLOT.  FALSE when
 * all have been taken. */
gboolean copy_take_run (Copy *copy, FlowSlot *slot);

/* One step of the run of SLOT, whose owner is a Copy: reads it, digests each piece, and
 * writes what is not zero.  As Flow's step. */
FlowResult copy_step (FlowSlot *slot, gpointer data, GError **error);
