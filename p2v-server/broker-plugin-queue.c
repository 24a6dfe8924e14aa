/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker-plugin-queue.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A reader that wants bytes of a request. */
typedef struct {
  Reader *reader;
  guint8 *into;
  guint32 skip, length; /* within the request */
} Waiter;

/* What the source cannot read in one go is asked for in pieces of this size, and only
 * those that somebody wants: the bad sector may lie in what nobody does.  Not in sectors: the
 * physical machine's kernel reads a block device by pages. */
#define PIECE 4096u

Queue *
queue_new (Cache *cache, const char *bad_path)
{
  Queue *queue = g_new0 (Queue, 1);
  g_mutex_init (&queue->lock);
  g_queue_init (&queue->pending);
  g_queue_init (&queue->later);
  queue->cache = cache;
  queue->requests = g_hash_table_new (NULL, NULL);
  queue->looks = looks_new ();
  queue->ahead = ahead_new ();
  queue->bad = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  queue->holes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  queue->bad_path = g_strdup (bad_path);
  queue->units = g_hash_table_new (g_int64_hash, g_int64_equal);
  queue->channels = g_hash_table_new (NULL, NULL);
  queue->lenders = g_ptr_array_new ();
  return queue;
}

static void
request_free (Request *request)
{
  g_array_unref (request->waiters);
  if (request->memory)
    memory_unref (request->memory);
  else
    g_free (request->data);
  g_free (request);
}

void
queue_wake_locked (Queue *queue)
{
  GHashTableIter iter;
  gpointer wake_fd;
  g_hash_table_iter_init (&iter, queue->channels);
  while (g_hash_table_iter_next (&iter, NULL, &wake_fd)) {
    guint64 one = 1;
    /* Only a counter at its limit refuses, and then the channel is awake. */
    if (write (GPOINTER_TO_INT (wake_fd), &one, sizeof one) < 0)
      continue;
  }
}

static Request *
request_new (Queue *queue, guint64 offset, guint32 length, gboolean whole, gboolean ahead)
{
  Request *request = g_new0 (Request, 1);
  request->whole = whole;
  request->ahead = ahead;
  request->offset = offset;
  request->length = length;
  request->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  g_hash_table_add (queue->requests, request);
  if (whole)
    g_hash_table_insert (queue->units, &request->offset, request);
  g_queue_push_tail (ahead ? &queue->later : &queue->pending, request);
  queue->waiting += length;
  return request;
}

void
queue_part_done (Reader *reader)
{
  if (--reader->outstanding == 0)
    reader->answered (reader);
}

/* READER waits for the bytes of PART, which come with REQUEST. */
static void
wait_for (Request *request, Reader *reader, const Part *part)
{
  Waiter waiter = {reader, part->into, (guint32)(part->offset - request->offset), part->length};
  g_array_append_val (request->waiters, waiter);
  reader->outstanding++;
}

/* A request of just PART: where its reader has memory, the source's bytes go there. */
static Request *
request_exactly (Queue *queue, Reader *reader, const Part *part)
{
  Request *request = request_new (queue, part->offset, part->length, FALSE, FALSE);
  request->memory = memory_ref (reader->memory);
  if (request->memory)
    request->data = part->into;
  wait_for (request, reader, part);
  return request;
}

void
queue_ask_pieces (Queue *queue, Reader *reader, Part part)
{
  while (part.length > 0) {
    Part piece = part;
    piece.length = (guint32)MIN (part.length, PIECE - part.offset % PIECE);
    guint64 hole = piece.offset / PIECE;
    if (g_hash_table_contains (queue->holes, &hole)) {
      memset (piece.into, 0, piece.length);
    } else {
      request_exactly (queue, reader, &piece)->piece = TRUE;
    }
    part.offset += piece.length;
    part.into += piece.length;
    part.length -= piece.length;
  }
}

guint32
queue_unit_length (const Queue *queue, guint64 unit)
{
  return (guint32)MIN (P2V_UNIT, cache_size (queue->cache) - unit * P2V_UNIT);
}

void
queue_ask_ahead (Queue *queue, guint64 unit)
{
  (void)request_new (queue, unit * P2V_UNIT, queue_unit_length (queue, unit), TRUE, TRUE);
}

void
queue_ask (Queue *queue, Reader *reader, const Part *part, gboolean whole, gboolean look)
{
  guint64 unit = part->offset / P2V_UNIT, start = unit * P2V_UNIT;
  Request *request = g_hash_table_lookup (queue->units, &start);
  if (!request && whole)
    request = request_new (queue, start, queue_unit_length (queue, unit), TRUE, FALSE);
  if (!request) {
    request_exactly (queue, reader, part)->look = look;
    return;
  }
  if (request->ahead && g_queue_remove (&queue->later, request))
    g_queue_push_tail (&queue->pending, request);
  request->ahead = FALSE;
  wait_for (request, reader, part);
}

/* Gives every waiter its bytes or its error; under the lock. */
static void
serve_waiters (Request *request, int errnum)
{
  for (guint i = 0; i < request->waiters->len; i++) {
    const Waiter *waiter = &g_array_index (request->waiters, Waiter, i);
    if (errnum == 0 && !request->memory)
      memcpy (waiter->into, request->data + waiter->skip, waiter->length);
    if (waiter->reader->errnum == 0)
      waiter->reader->errnum = errnum;
    queue_part_done (waiter->reader);
  }
  g_array_set_size (request->waiters, 0);
}

void
queue_free (Queue *queue)
{
  if (!queue)
    return;
  GHashTableIter iter;
  gpointer request;
  g_hash_table_iter_init (&iter, queue->requests);
  while (g_hash_table_iter_next (&iter, &request, NULL)) {
    serve_waiters (request, EIO); /* of who has hung up before they were answered */
    request_free (request);
  }
  g_queue_clear (&queue->pending);
  g_queue_clear (&queue->later);
  looks_free (queue->looks);
  ahead_free (queue->ahead);
  g_hash_table_unref (queue->bad);
  g_hash_table_unref (queue->holes);
  g_free (queue->bad_path);
  g_hash_table_unref (queue->requests);
  g_hash_table_unref (queue->units);
  g_hash_table_unref (queue->channels);
  g_ptr_array_unref (queue->lenders);
  g_mutex_clear (&queue->lock);
  g_free (queue);
}

void
queue_fail (Queue *queue)
{
  GHashTableIter iter;
  gpointer request;
  g_mutex_lock (&queue->lock);
  queue->failed = TRUE;
  g_hash_table_iter_init (&iter, queue->requests);
  while (g_hash_table_iter_next (&iter, &request, NULL))
    serve_waiters (request, EIO);
  queue_send_answers_locked (queue);
  g_mutex_unlock (&queue->lock);
}

void
queue_expect (Queue *queue, gboolean live)
{
  g_mutex_lock (&queue->lock);
  queue->live = live;
  g_mutex_unlock (&queue->lock);
}

void
queue_stats (Queue *queue, QueueStats *stats)
{
  g_mutex_lock (&queue->lock);
  *stats = queue->stats;
  stats->cached = cache_bytes (queue->cache);
  stats->channels = g_hash_table_size (queue->channels);
  g_mutex_unlock (&queue->lock);
}

guint64
queue_disk_size (Queue *queue)
{
  return cache_size (queue->cache);
}

void
queue_note_wrong_size (Queue *queue, guint64 size)
{
  g_mutex_lock (&queue->lock);
  queue->stats.wrong_size = size;
  g_mutex_unlock (&queue->lock);
}

void
queue_join (Queue *queue, Channel *channel, int wake_fd)
{
  g_mutex_lock (&queue->lock);
  g_hash_table_insert (queue->channels, channel, GINT_TO_POINTER (wake_fd));
  g_mutex_unlock (&queue->lock);
}

void
queue_leave (Queue *queue, Channel *channel)
{
  g_mutex_lock (&queue->lock);
  g_hash_table_remove (queue->channels, channel);
  queue_wake_locked (queue);
  g_mutex_unlock (&queue->lock);
}

Request *
queue_take (Queue *queue, gsize in_flight)
{
  Request *request = NULL;
  g_mutex_lock (&queue->lock);
  GQueue *queued = g_queue_is_empty (&queue->pending) ? &queue->later : &queue->pending;
  const Request *next = g_queue_peek_head (queued);
  /* No channel takes more than its share, so that all connections work, nor what could not be
   * under way with the rest: that much is read twice when it breaks. */
  gsize all = queue->in_flight + queue->waiting;
  guint channels = MAX (g_hash_table_size (queue->channels), 1u);
  gsize share = MIN ((all + channels - 1) / channels, CHANNEL_BYTES);
  if (next && in_flight < share && (in_flight == 0 || in_flight + next->length <= CHANNEL_BYTES))
    request = g_queue_pop_head (queued);
  if (request) {
    queue->waiting -= request->length;
    queue->in_flight += request->length;
    queue->stats.requests++;
  }
  g_mutex_unlock (&queue->lock);
  if (request && !request->data)
    request->data = g_malloc (request->length);
  return request;
}

/* The source could not read what REQUEST asks for.  Of several units each is asked for by
 * itself, of one just what its waiters want.  Under the lock. */
static void
ask_again (Queue *queue, Request *request)
{
  guint64 unit = request->offset / P2V_UNIT;
  gboolean several = (request->offset + request->length - 1) / P2V_UNIT != unit;
  if (!several)
    g_hash_table_add (queue->bad, g_memdup2 (&unit, sizeof unit));
  for (guint i = 0; i < request->waiters->len; i++) {
    const Waiter *waiter = &g_array_index (request->waiters, Waiter, i);
    Part part = {request->offset + waiter->skip, waiter->length, waiter->into};
    while (several && part.length > 0) {
      Part one = part;
      one.length = (guint32)MIN (part.length, P2V_UNIT - part.offset % P2V_UNIT);
      request_exactly (queue, waiter->reader, &one);
      part.offset += one.length;
      part.into += one.length;
      part.length -= one.length;
    }
    if (!several)
      queue_ask_pieces (queue, waiter->reader, part);
    queue_part_done (waiter->reader);
  }
  g_array_set_size (request->waiters, 0);
  queue_wake_locked (queue);
}

/* The source cannot read the piece of REQUEST, and zeroes are wanted then: 0, or the errno of
 * the list.  Under the lock. */
static int
make_hole (Queue *queue, Request *request)
{
  guint64 hole = request->offset / PIECE;
  g_autofree char *line =
      g_strdup_printf ("%" G_GUINT64_FORMAT " %u\n", request->offset, (guint)request->length);
  int fd = open (queue->bad_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  gssize n = fd < 0 ? -1 : write (fd, line, strlen (line));
  int result = n == (gssize)strlen (line) ? 0 : n < 0 ? errno : ENOSPC;
  if (fd >= 0)
    close (fd);
  g_hash_table_add (queue->holes, g_memdup2 (&hole, sizeof hole));
  memset (request->data, 0, request->length);
  return result;
}

void
queue_answer (Queue *queue, Request *request, int errnum)
{
  int stored = 0;
  if (errnum == 0 && request->whole)
    stored = cache_store (queue->cache, request->offset, request->data, request->length);
  else if (errnum == 0 && request->look)
    stored = cache_note_look (queue->cache, request->offset, request->data, request->length);
  g_mutex_lock (&queue->lock);
  queue->in_flight -= request->length;
  if (errnum == 0) {
    queue->stats.fetched += request->length;
    if (request->look)
      looks_keep (queue->looks, request->offset, request->data, request->length);
  } else if (request->piece && queue->bad_path) {
    stored = make_hole (queue, request);
    errnum = 0;
  } else if (request->piece && queue->stats.source_errno == 0) {
    queue->stats.source_errno = errnum;
    queue->stats.source_where = request->offset;
  }
  /* A unit that cannot be kept would be read twice: that ends the job. */
  if (stored != 0 && queue->stats.cache_errno == 0)
    queue->stats.cache_errno = stored;
  if (request->whole) {
    if (errnum == 0 && stored == 0)
      cache_mark (queue->cache, request->offset / P2V_UNIT);
    g_hash_table_remove (queue->units, &request->offset);
  }
  g_hash_table_remove (queue->requests, request);
  if (errnum != 0 && !request->piece)
    ask_again (queue, request);
  else
    serve_waiters (request, errnum ? errnum : stored);
  g_mutex_unlock (&queue->lock);
  request_free (request);
}

void
queue_forget_error (Queue *queue)
{
  g_mutex_lock (&queue->lock);
  queue->stats.source_errno = 0;
  queue->stats.source_where = 0;
  g_mutex_unlock (&queue->lock);
}

void
queue_give_back (Queue *queue, Request *request)
{
  g_mutex_lock (&queue->lock);
  queue->in_flight -= request->length;
  queue->waiting += request->length;
  g_queue_push_head (&queue->pending, request);
  queue_wake_locked (queue);
  g_mutex_unlock (&queue->lock);
}

void
queue_wake (Queue *queue)
{
  g_mutex_lock (&queue->lock);
  if (!g_queue_is_empty (&queue->pending) || !g_queue_is_empty (&queue->later))
    queue_wake_locked (queue);
  g_mutex_unlock (&queue->lock);
}
