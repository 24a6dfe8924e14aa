/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include "copy-order.h"
#include "copy.h"
#include "flow.h"
#include "image.h"
#include "source.h"
#include "target/target.h"

#define TARGET_CONNECTIONS 4

/* How much work is done again at most after a stop of the conversion server. */
#define CHECKPOINT_BYTES   (256ull << 20)
#define CHECKPOINT_SECONDS 2

/* Of one disk: overlay, broker, target. */
#define POOLS 3

/* One disk of several that are copied at the same time. */
typedef struct {
  Job *job;
  const CopyDisk *item;
  JobDisk *disk;
  Blockmap *map;
  JobProgress *progress; /* NULL when copying again */
  const GArray *only;    /* numbers of pieces, NULL: all that are planned */
  guint64 next;          /* step of the order, or place in ONLY */
  gboolean exhausted;    /* there is no next one */
  guint in_flight;
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

typedef struct {
  Copy copies[COPY_AT_ONCE];
  guint n;
} Group;

static gboolean
take_piece (Copy *copy, guint64 *index)
{
  if (copy->only) {
    if (copy->next >= copy->only->len)
      return FALSE;
    *index = g_array_index (copy->only, guint64, copy->next++);
    return TRUE;
  }
  guint64 n = blockmap_n_pieces (copy->map), steps = copy_order_steps (n);
  while (copy->next < steps) {
    Piece piece;
    *index = copy_order_piece (n, copy->next++);
    if (*index >= n)
      continue;
    blockmap_get (copy->map, *index, &piece);
    if (piece_is_wanted (&piece))
      return TRUE;
  }
  return FALSE;
}

/* The disk with the least in flight: so each has its share, also beside one that
 * hardly answers. */
static Copy *
least_busy (Group *group)
{
  Copy *least = NULL;
  for (guint i = 0; i < group->n; i++) {
    Copy *copy = &group->copies[i];
    if (!copy->exhausted && (!least || copy->in_flight < least->in_flight))
      least = copy;
  }
  return least;
}

static gboolean
next_piece (FlowSlot *slot, gpointer data)
{
  Copy *copy;
  while ((copy = least_busy (data))) {
    if (take_piece (copy, &slot->index)) {
      slot->owner = copy;
      copy->in_flight++;
      return TRUE;
    }
    copy->exhausted = TRUE;
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
  if (copy->progress) {
    copy_note (copy->disk, piece);
    copy->progress->done += piece->length;
    if (copy_crosses_link (copy->item, piece))
      copy->progress->link_done += piece->length;
    job_progress_bytes (copy->job, copy->progress);
  }
}

static FlowResult
copy_step (FlowSlot *slot, gpointer data G_GNUC_UNUSED, GError **error)
{
  Copy *copy = slot->owner;
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
  copy->in_flight--;
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
send_flush (Copy *copy, GError **error)
{
  GArray *swap = copy->flushing;
  copy->flushing = copy->written;
  copy->written = swap;
  copy->written_bytes = 0;
  copy->flushed_at = g_get_monotonic_time ();
  copy->flush_sent = TRUE;
  return nbd_pool_flush (copy->target, flush_answered, copy, error);
}

static gboolean
checkpoint (gpointer data, GError **error)
{
  Group *group = data;
  gint64 now = g_get_monotonic_time ();
  for (guint i = 0; i < group->n; i++) {
    Copy *copy = &group->copies[i];
    if (!take_flush (copy, error))
      return FALSE;
    gboolean due = copy->written_bytes >= CHECKPOINT_BYTES ||
                   now - copy->flushed_at >= CHECKPOINT_SECONDS * G_USEC_PER_SEC;
    if (due && !copy->flush_sent && copy->written->len > 0 && !send_flush (copy, error))
      return FALSE;
  }
  return TRUE;
}

static void
list_pools (const Group *group, NbdPool *pools[])
{
  for (guint i = 0; i < group->n; i++) {
    const Copy *copy = &group->copies[i];
    NbdPool **of_disk = pools + (gsize)i * POOLS;
    of_disk[0] = copy->overlay;
    of_disk[1] = copy->broker;
    of_disk[2] = copy->target;
  }
}

/* All disks are flushed at the same time.  A flush that is still under way is heard
 * out: a storage may tell of a write that it lost only once. */
static gboolean
last_checkpoint (Group *group, GCancellable *cancel, GError **error)
{
  NbdPool *pools[COPY_AT_ONCE * POOLS];
  list_pools (group, pools);
  for (;;) {
    gboolean waiting = FALSE;
    for (guint i = 0; i < group->n; i++) {
      Copy *copy = &group->copies[i];
      if (!take_flush (copy, error))
        return FALSE;
      if (!copy->flush_sent && copy->written->len > 0 && !send_flush (copy, error))
        return FALSE;
      waiting |= copy->flush_sent;
    }
    if (!waiting)
      return TRUE;
    if (!nbd_pool_poll (pools, group->n * POOLS, 1000, cancel, error))
      return FALSE;
  }
}

static void
close_pools (gpointer data)
{
  Group *group = data;
  NbdPool *pools[COPY_AT_ONCE * POOLS];
  list_pools (group, pools);
  for (guint i = 0; i < group->n * POOLS; i++)
    nbd_pool_hang_up (pools[i]);
  for (guint i = 0; i < group->n; i++) {
    Copy *copy = &group->copies[i];
    g_clear_pointer (&copy->target, nbd_pool_free);
    g_clear_pointer (&copy->source, source_free);
    copy->overlay = copy->broker = NULL;
  }
}

static gboolean
open_pools (Copy *copy, GError **error)
{
  const char *image = copy->item->image;
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
run_group (Group *group, GCancellable *cancel, GError **error)
{
  for (guint i = 0; i < group->n; i++)
    if (!open_pools (&group->copies[i], error))
      return FALSE;
  NbdPool *pools[COPY_AT_ONCE * POOLS];
  list_pools (group, pools);
  Flow flow = {
      .pools = pools,
      .n_pools = group->n * POOLS,
      .next = next_piece,
      .step = copy_step,
      .tick = checkpoint,
      .data = group,
  };
  return flow_run (&flow, close_pools, cancel, error) && last_checkpoint (group, cancel, error);
}

static gboolean
copy_group (Job *job, const CopyDisk *disks, guint n, const GArray *only, JobProgress *progress,
            GError **error)
{
  Group group = {.n = n};
  for (guint i = 0; i < n; i++)
    group.copies[i] = (Copy){
        .job = job,
        .item = &disks[i],
        .disk = disks[i].disk,
        .map = disks[i].map,
        .progress = progress,
        .only = only,
        .written = g_array_new (FALSE, FALSE, sizeof (guint64)),
        .flushing = g_array_new (FALSE, FALSE, sizeof (guint64)),
        .flushed_at = g_get_monotonic_time (),
    };
  gboolean ok = run_group (&group, job->cancel, error);
  close_pools (&group);
  for (guint i = 0; i < n; i++) {
    image_close (group.copies[i].image);
    g_array_unref (group.copies[i].written);
    g_array_unref (group.copies[i].flushing);
  }
  return ok;
}

gboolean
copy_disks (Job *job, const CopyDisk *disks, guint n, JobProgress *progress, GError **error)
{
  g_assert (n <= COPY_AT_ONCE);
  return copy_group (job, disks, n, NULL, progress, error);
}

gboolean
copy_again (Job *job, const CopyDisk *disk, const GArray *pieces, GError **error)
{
  return copy_group (job, disk, 1, pieces, NULL, error);
}
