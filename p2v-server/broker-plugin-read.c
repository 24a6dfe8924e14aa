/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <nbdkit-plugin.h>
#include "broker-plugin-queue.h"

/* Is nothing known of UNIT, so that a request may reach beyond what is before it? */
static gboolean
is_plain (Queue *queue, guint64 unit)
{
  guint64 start = unit * P2V_UNIT;
  return !cache_holds (queue->cache, unit) && !g_hash_table_contains (queue->bad, &unit) &&
         !g_hash_table_contains (queue->units, &start);
}

/* How much of COUNT bytes from PART on, whose unit is plain, one request may be. */
static guint32
plain_length (Queue *queue, const Part *part, guint32 count)
{
  guint32 length = part->length;
  while (length < count && length + P2V_UNIT <= REQUEST_MAX &&
         is_plain (queue, (part->offset + length) / P2V_UNIT))
    length += MIN (count - length, P2V_UNIT);
  return length;
}

/* Somebody wants UNIT, which is HELD or not. */
static void
ask_ahead (Queue *queue, guint64 unit, gboolean held)
{
  guint window = ahead_window (queue->ahead, unit, held);
  guint64 end = MIN (unit + 1 + window, (cache_size (queue->cache) + P2V_UNIT - 1) / P2V_UNIT);
  while (++unit < end) {
    if (!is_plain (queue, unit))
      continue;
    queue_ask_ahead (queue, unit);
    ahead_note (queue->ahead, unit, window);
  }
}

/* Asks for what is missing; HELD collects the parts that the cache has. */
static void
ask_parts (Queue *queue, Reader *reader, guint8 *into, guint64 offset, guint32 count, ReadMode mode,
           GArray *held)
{
  while (count > 0) {
    Part part = {offset, (guint32)MIN (count, P2V_UNIT - offset % P2V_UNIT), into};
    guint64 unit = offset / P2V_UNIT;
    gboolean held_now = cache_holds (queue->cache, unit);
    gboolean live = mode == READ_KEEP && queue->live;
    if (held_now && mode == READ_FRESH)
      cache_drop (queue->cache, unit);
    if (held_now && mode != READ_FRESH) {
      g_array_append_val (held, part);
    } else if (g_hash_table_contains (queue->bad, &unit)) {
      queue_ask_pieces (queue, reader, part);
    } else if (mode == READ_KEEP && looks_find (queue->looks, offset, into, part.length)) {
      live = FALSE; /* of what was probed it is not known */
    } else {
      gboolean look =
          mode == READ_KEEP && !live &&
          looks_count (queue->looks, offset, part.length, queue_unit_length (queue, unit));
      if (mode != READ_KEEP && reader->memory && !held_now && is_plain (queue, unit))
        part.length = plain_length (queue, &part, count);
      queue_ask (queue, reader, &part, held_now || (mode == READ_KEEP && !look), look);
    }
    if (live)
      ask_ahead (queue, unit, held_now);
    offset += part.length;
    into += part.length;
    count -= part.length;
  }
}

/* The cache does not hold any more what was put in: the source has it. */
static void
read_damaged (Queue *queue, Reader *reader, const Part *part)
{
  guint64 unit = part->offset / P2V_UNIT;
  g_mutex_lock (&queue->lock);
  if (queue->failed) {
    reader->errnum = EIO;
  } else {
    if (queue->stats.damaged++ == 0)
      queue->stats.damaged_where = unit * P2V_UNIT;
    cache_drop (queue->cache, unit);
    queue_ask (queue, reader, part, TRUE, FALSE);
    queue_wake_locked (queue);
  }
  g_mutex_unlock (&queue->lock);
  nbdkit_error ("the cache was damaged at byte %" G_GUINT64_FORMAT
                "; that unit was read from the source again",
                unit * P2V_UNIT);
}

static void
read_held (Queue *queue, Reader *reader, const GArray *held)
{
  for (guint i = 0; i < held->len; i++) {
    const Part *part = &g_array_index (held, Part, i);
    int errnum = cache_read (queue->cache, part->into, part->offset, part->length);
    if (errnum == EBADMSG) {
      read_damaged (queue, reader, part);
    } else if (errnum) {
      g_mutex_lock (&queue->lock);
      reader->errnum = errnum;
      g_mutex_unlock (&queue->lock);
    }
  }
}

void
queue_start (Queue *queue, Reader *reader, void *data, guint64 offset, guint32 count, ReadMode mode)
{
  g_autoptr (GArray) held = g_array_new (FALSE, FALSE, sizeof (Part));
  g_mutex_lock (&queue->lock);
  reader->outstanding = 1; /* this function */
  if (queue->failed)
    reader->errnum = EIO;
  else
    ask_parts (queue, reader, data, offset, count, mode, held);
  g_mutex_unlock (&queue->lock);
  read_held (queue, reader, held);
  g_mutex_lock (&queue->lock);
  queue_part_done (reader);
  g_mutex_unlock (&queue->lock);
}

/* One read of nbdkit's, on the stack of its thread. */
typedef struct {
  Reader reader;
  GCond answered;
  gboolean done;
} Sleeper;

static void
wake_sleeper (Reader *reader)
{
  Sleeper *sleeper = (Sleeper *)reader;
  sleeper->done = TRUE;
  g_cond_signal (&sleeper->answered);
}

int
queue_read (Queue *queue, void *data, guint64 offset, guint32 count, ReadMode mode)
{
  Sleeper sleeper = {.reader = {.answered = wake_sleeper}};
  g_cond_init (&sleeper.answered);
  queue_start (queue, &sleeper.reader, data, offset, count, mode);
  queue_wake (queue);
  g_mutex_lock (&queue->lock);
  while (!sleeper.done)
    g_cond_wait (&sleeper.answered, &queue->lock);
  g_mutex_unlock (&queue->lock);
  g_cond_clear (&sleeper.answered);
  return sleeper.reader.errnum;
}
