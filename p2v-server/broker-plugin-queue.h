/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For broker-plugin-queue.c, -read.c and -memory.c only. */
#pragma once
#include "broker-plugin.h"

typedef struct {
  guint64 offset;
  guint32 length;
  guint8 *into;
} Part;

struct Queue {
  GMutex lock;
  Looks *looks;
  Ahead *ahead;
  gboolean live;     /* what is read is taken to live */
  GHashTable *bad;   /* numbers of units that cannot be read whole (a set) */
  char *bad_path;    /* NULL: errors of the source are passed on */
  GHashTable *holes; /* offsets of pieces that read as zeroes therefore (a set) */
  Cache *cache;
  GQueue pending;           /* Request * that no channel has */
  GQueue later;             /* the same, for when nobody waits */
  GHashTable *requests;     /* all that are not answered yet (a set) */
  GHashTable *units;        /* those of whole units: &offset → Request * */
  GHashTable *channels;     /* Channel * → its wake_fd */
  gsize in_flight, waiting; /* bytes of requests: on channels, in PENDING and LATER */
  GPtrArray *lenders;
  gboolean failed;
  QueueStats stats;
};

/* All of these under the lock. */

/* Asks for PART, which is only a LOOK or not, unless a request for its whole unit is
 * under way. */
void queue_ask (Queue *queue, Reader *reader, const Part *part, gboolean whole, gboolean look);
/* Asks for all of UNIT, which nobody has wanted yet. */
void queue_ask_ahead (Queue *queue, guint64 unit);
/* PART and nothing else, in pieces: one that fails says where. */
void queue_ask_pieces (Queue *queue, Reader *reader, Part part);
void queue_wake_locked (Queue *queue);
void queue_send_answers_locked (Queue *queue);
guint32 queue_unit_length (const Queue *queue, guint64 unit);
/* One of the parts of READER is there. */
void queue_part_done (Reader *reader);
