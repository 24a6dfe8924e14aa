/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include "copy.h"
#include "flow.h"
#include "image.h"
#include "source.h"
#include "target/target.h"

#define TARGET_CONNECTIONS 4

/* How much work is done again at most after a stop of the conversion server. */
#define CHECKPOINT_BYTES   (256ull << 20)
#define CHECKPOINT_SECONDS 2

typedef struct {
  Job *job;
  JobDisk *disk;
  Blockmap *map;
  CopyProgress *progress; /* NULL when copying again */
  const GArray *only;     /* numbers of pieces, NULL: all that are planned */
  guint64 next;           /* in the map, or in ONLY */
  Image *image;
  Source *source;
  NbdPool *overlay, *broker, *target;

  GArray *written;  /* pieces whose writes were answered since the last flush was sent */
  GArray *flushing; /* pieces that the flush on its way covers */
  guint64 written_bytes;
  gint64 flushed_at; /* monotonic */
  gboolean flush_sent, flush_done;
  int flush_errnum;
} Copy;

/* It is on the target, by this run or an earlier one. */
static void
count_piece (Copy *copy, const Piece *piece)
{
  if (!copy->progress)
    return;
  if (piece->kind == PIECE_SOURCE)
    copy->disk->copied_source += piece->length;
  else
    copy->disk->copied_overlay += piece->length;
  copy->progress->done += piece->length;
}

static gboolean
next_piece (FlowSlot *slot, gpointer data)
{
  Copy *copy = data;
  if (copy->only) {
    if (copy->next >= copy->only->len)
      return FALSE;
    slot->index = g_array_index (copy->only, guint64, copy->next++);
    return TRUE;
  }
  for (; copy->next < blockmap_n_pieces (copy->map); copy->next++) {
    Piece piece;
    blockmap_get (copy->map, copy->next, &piece);
    if (piece.state == PIECE_PLANNED || piece.state == PIECE_STALE) {
      slot->index = copy->next++;
      return TRUE;
    }
    count_piece (copy, &piece);
  }
  return FALSE;
}

static gboolean
all_zero (const guint8 *data, gsize length)
{
  return data[0] == 0 && memcmp (data, data + 1, length - 1) == 0;
}

static FlowResult
read_failed (Copy *copy, const Piece *piece, int errnum, GError **error)
{
  const char *remedy =
      piece->kind == PIECE_SOURCE
          ? "The disk may have bad sectors: check the physical machine's kernel log and the disk's "
            "SMART data."
          : "Check the storage of the job directory on the conversion server.";
  p2v_set_error (error, P2V_ERROR_IO, remedy,
                 "Disk %u (%s) cannot be read at byte %" G_GUINT64_FORMAT " (%s): %s.",
                 copy->disk->index, copy->disk->source->device, piece->offset,
                 piece->kind == PIECE_SOURCE ? "source" : "overlay", g_strerror (errnum));
  return FLOW_FAILED;
}

static FlowResult
write_failed (Copy *copy, const Piece *piece, int errnum, GError **error)
{
  g_autofree char *doing =
      g_strdup_printf ("Writing byte %" G_GUINT64_FORMAT " of disk %u (%s) to", piece->offset,
                       copy->disk->index, copy->disk->source->device);
  nbd_pool_write_error (copy->target, errnum, doing, error);
  return FLOW_FAILED;
}

static void
piece_written (Copy *copy, guint64 index, const Piece *piece)
{
  g_array_append_val (copy->written, index);
  copy->written_bytes += piece->length;
  count_piece (copy, piece);
  if (copy->progress)
    job_progress (copy->job, copy->progress->done, copy->progress->total);
}

static FlowResult
copy_step (FlowSlot *slot, gpointer data, GError **error)
{
  Copy *copy = data;
  Piece piece;
  blockmap_get (copy->map, slot->index, &piece);
  switch (slot->step) {
  case 0:
    if (!nbd_pool_read (piece.kind == PIECE_SOURCE ? copy->broker : copy->overlay, slot->data,
                        piece.offset, piece.length, flow_done, slot, error))
      return FLOW_FAILED;
    return FLOW_WAITING;
  case 1:
    if (slot->errnum)
      return read_failed (copy, &piece, slot->errnum, error);
    p2v_digest (slot->data, piece.length, piece.digest);
    blockmap_set_digest (copy->map, slot->index, piece.digest);
    if (all_zero (slot->data, piece.length)) {
      if (copy->only || piece.state == PIECE_STALE) {
        if (!nbd_pool_zero (copy->target, piece.offset, piece.length, flow_done, slot, error))
          return FLOW_FAILED;
        return FLOW_WAITING;
      }
      break; /* a target begins empty */
    }
    if (!nbd_pool_write (copy->target, slot->data, piece.offset, piece.length, flow_done, slot,
                         error))
      return FLOW_FAILED;
    return FLOW_WAITING;
  default:
    if (slot->errnum)
      return write_failed (copy, &piece, slot->errnum, error);
    break;
  }
  piece_written (copy, slot->index, &piece);
  return FLOW_FINISHED;
}

static void
flush_answered (gpointer data, int errnum)
{
  Copy *copy = data;
  copy->flush_done = TRUE;
  copy->flush_errnum = errnum;
}

/* The pieces of LIST are on stable storage: so says the map from now on. */
static gboolean
mark_copied (Copy *copy, GArray *list, GError **error)
{
  for (guint i = 0; i < list->len; i++)
    blockmap_set_state (copy->map, g_array_index (list, guint64, i), PIECE_COPIED);
  gboolean changed = list->len > 0;
  g_array_set_size (list, 0);
  return !changed || blockmap_sync (copy->map, error);
}

/* What a flush that was answered means for the map. */
static gboolean
take_flush (Copy *copy, GError **error)
{
  if (!copy->flush_done)
    return TRUE;
  copy->flush_sent = copy->flush_done = FALSE;
  if (copy->flush_errnum) {
    nbd_pool_write_error (copy->target, copy->flush_errnum, "Flushing", error);
    return FALSE;
  }
  return mark_copied (copy, copy->flushing, error);
}

static gboolean
checkpoint (gpointer data, GError **error)
{
  Copy *copy = data;
  if (!take_flush (copy, error))
    return FALSE;
  gint64 now = g_get_monotonic_time ();
  if (copy->flush_sent || copy->written->len == 0 ||
      (copy->written_bytes < CHECKPOINT_BYTES &&
       now - copy->flushed_at < CHECKPOINT_SECONDS * G_USEC_PER_SEC))
    return TRUE;
  GArray *swap = copy->flushing;
  copy->flushing = copy->written;
  copy->written = swap;
  copy->written_bytes = 0;
  copy->flushed_at = now;
  copy->flush_sent = TRUE;
  return nbd_pool_flush (copy->target, flush_answered, copy, error);
}

/* A flush that is still under way is heard out: a storage may tell of a write
 * that it lost only once. */
static gboolean
last_checkpoint (Copy *copy, GError **error)
{
  while (copy->flush_sent && !copy->flush_done)
    if (!nbd_pool_poll (&copy->target, 1, 1000, copy->job->cancel, error))
      return FALSE;
  return take_flush (copy, error) && nbd_pool_flush_wait (copy->target, copy->job->cancel, error) &&
         mark_copied (copy, copy->written, error);
}

static void
close_pools (gpointer data)
{
  Copy *copy = data;
  g_clear_pointer (&copy->target, nbd_pool_free);
  g_clear_pointer (&copy->source, source_free);
}

static gboolean
open_pools (Copy *copy, const char *image, GError **error)
{
  Target *target = copy->job->target;
  g_autofree char *name = g_strdup_printf ("d%u.target", copy->disk->index);
  copy->image = image_open (copy->job, name, image, target->format, IMAGE_WRITE,
                            !target->preallocated, error);
  if (!copy->image)
    return FALSE;
  copy->target = nbd_pool_open (image_socket (copy->image), "", TARGET_CONNECTIONS, image,
                                copy->job->cancel, error);
  if (!copy->target)
    return FALSE;
  copy->source = source_open (copy->job, copy->disk, error);
  if (!copy->source)
    return FALSE;
  if (copy->only)
    source_distrust_cache (copy->source);
  copy->overlay = source_pool (copy->source, PIECE_OVERLAY, error);
  if (blockmap_bytes (copy->map, PIECE_SOURCE) > 0) {
    copy->broker = source_pool (copy->source, PIECE_SOURCE, error);
    if (!copy->broker)
      return FALSE;
  }
  return copy->overlay != NULL;
}

static gboolean
copy_run (Copy *copy, const char *image, GError **error)
{
  if (!open_pools (copy, image, error))
    return FALSE;
  Flow flow = {
      .pools = {copy->overlay, copy->broker, copy->target},
      .next = next_piece,
      .step = copy_step,
      .tick = checkpoint,
      .data = copy,
  };
  copy->flushed_at = g_get_monotonic_time ();
  return flow_run (&flow, close_pools, copy->job->cancel, error) && last_checkpoint (copy, error);
}

static gboolean
copy_whole (Copy *copy, const char *image, GError **error)
{
  copy->written = g_array_new (FALSE, FALSE, sizeof (guint64));
  copy->flushing = g_array_new (FALSE, FALSE, sizeof (guint64));
  gboolean ok = copy_run (copy, image, error);
  close_pools (copy);
  image_close (copy->image);
  g_array_unref (copy->written);
  g_array_unref (copy->flushing);
  return ok;
}

gboolean
copy_disk (Job *job, JobDisk *disk, Blockmap *map, const char *image, CopyProgress *progress,
           GError **error)
{
  Copy copy = {.job = job, .disk = disk, .map = map, .progress = progress};
  return copy_whole (&copy, image, error);
}

gboolean
copy_again (Job *job, JobDisk *disk, Blockmap *map, const char *image, const GArray *pieces,
            GError **error)
{
  Copy copy = {.job = job, .disk = disk, .map = map, .only = pieces};
  return copy_whole (&copy, image, error);
}
