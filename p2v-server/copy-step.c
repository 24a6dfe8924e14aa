/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "copy-order.h"
#include "copy-private.h"

static gboolean
take_piece (Copy *copy, guint64 *index, Piece *piece)
{
  if (copy->only) {
    if (copy->next >= copy->only->len)
      return FALSE;
    *index = g_array_index (copy->only, guint64, copy->next++);
    blockmap_get (copy->map, *index, piece);
    return TRUE;
  }
  guint64 n = blockmap_n_pieces (copy->map), steps = copy_order_steps (n);
  while (copy->next < steps) {
    *index = copy_order_piece (n, copy->next++);
    if (*index >= n)
      continue;
    blockmap_get (copy->map, *index, piece);
    if (piece_is_wanted (piece))
      return TRUE;
  }
  return FALSE;
}

/* Is piece INDEX the next in the order, and does it lie behind a run that ends at END? */
static gboolean
continues_run (const Copy *copy, guint64 index, PieceKind kind, guint64 end, Piece *piece)
{
  guint64 n = blockmap_n_pieces (copy->map);
  if (copy->only || index >= n || copy->next >= copy_order_steps (n) ||
      copy_order_piece (n, copy->next) != index)
    return FALSE;
  blockmap_get (copy->map, index, piece);
  return piece->kind == kind && piece->offset == end && piece_is_wanted (piece);
}

gboolean
copy_take_run (Copy *copy, FlowSlot *slot)
{
  Piece piece;
  if (!take_piece (copy, &slot->index, &piece))
    return FALSE;
  guint64 start = piece.offset;
  slot->count = 1;
  slot->length = piece.length;
  while (
      continues_run (copy, slot->index + slot->count, piece.kind, start + slot->length, &piece) &&
      slot->length + piece.length <= COPY_RUN) {
    copy->next++;
    slot->count++;
    slot->length += piece.length;
  }
  return TRUE;
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
                 piece->kind == PIECE_SOURCE ? N_ ("source") : N_ ("overlay"), g_strerror (errnum));
  return FLOW_FAILED;
}

static FlowResult
write_failed (Copy *copy, const Piece *piece, int errnum, GError **error)
{
  g_autofree char *failed = g_strdup_printf (
      N_ ("Writing byte %" G_GUINT64_FORMAT " of disk %u (%s) to %s failed"), piece->offset,
      copy->disk->index, copy->disk->source->device, copy->item->image);
  nbd_pool_write_error (failed, errnum, error);
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

/* What is to become of piece AT of the run in SLOT. */
typedef enum { LEAVE_IT, WRITE_IT, ZERO_IT } Treatment;

static Treatment
treatment (const Copy *copy, const Piece *piece, const guint8 *data)
{
  if (!all_zero (data, piece->length))
    return WRITE_IT;
  /* A target begins empty. */
  return copy->only || piece->state == PIECE_STALE ? ZERO_IT : LEAVE_IT;
}

/* Digests the pieces of SLOT from slot->at on and sends those that are treated alike: one
 * request.  slot->at is the first that it does not cover. */
static FlowResult
send_pieces (Copy *copy, FlowSlot *slot, GError **error)
{
  Piece first, piece;
  blockmap_get (copy->map, slot->index, &first);
  while (slot->at < slot->count) {
    guint64 begin = 0;
    guint32 length = 0;
    Treatment what = LEAVE_IT;
    for (; slot->at < slot->count; slot->at++) {
      blockmap_get (copy->map, slot->index + slot->at, &piece);
      const guint8 *data = slot->data + (piece.offset - first.offset);
      Treatment this = treatment (copy, &piece, data);
      if (length > 0 && this != what)
        break;
      if (length == 0) {
        what = this;
        begin = piece.offset;
      }
      length += piece.length;
      p2v_digest (data, piece.length, piece.digest);
      blockmap_set_digest (copy->map, slot->index + slot->at, piece.digest);
    }
    const guint8 *data = slot->data + (begin - first.offset);
    if (what == WRITE_IT)
      return sink_write (copy->sink, data, begin, length, flow_done, slot, error) ? FLOW_WAITING
                                                                                  : FLOW_FAILED;
    if (what == ZERO_IT)
      return sink_zero (copy->sink, begin, length, flow_done, slot, error) ? FLOW_WAITING
                                                                           : FLOW_FAILED;
  }
  for (guint i = 0; i < slot->count; i++) {
    blockmap_get (copy->map, slot->index + i, &piece);
    piece_written (copy, slot->index + i, &piece);
  }
  copy->in_flight -= slot->length;
  return FLOW_FINISHED;
}

/* What slot->state says. */
enum { READING_RUN, READING_PIECES, WRITING };

static FlowResult
read_piece (Copy *copy, FlowSlot *slot, const Piece *piece, guint64 start, GError **error)
{
  return source_read (copy->source, piece->kind, slot->data + (piece->offset - start),
                      piece->offset, piece->length, flow_done, slot, error)
             ? FLOW_WAITING
             : FLOW_FAILED;
}

/* The answer to a read.  A run that cannot be read whole is read piece by piece: the error
 * is to say where. */
static FlowResult
take_read (Copy *copy, FlowSlot *slot, GError **error)
{
  Piece first, piece;
  blockmap_get (copy->map, slot->index, &first);
  blockmap_get (copy->map, slot->index + slot->at, &piece);
  if (slot->errnum && (slot->count == 1 || slot->state == READING_PIECES))
    return read_failed (copy, &piece, slot->errnum, error);
  if (slot->errnum || (slot->state == READING_PIECES && slot->at + 1 < slot->count)) {
    if (slot->state == READING_PIECES)
      blockmap_get (copy->map, slot->index + ++slot->at, &piece);
    slot->state = READING_PIECES;
    return read_piece (copy, slot, &piece, first.offset, error);
  }
  slot->at = 0;
  slot->state = WRITING;
  return send_pieces (copy, slot, error);
}

FlowResult
copy_step (FlowSlot *slot, gpointer data G_GNUC_UNUSED, GError **error)
{
  Copy *copy = slot->owner;
  Piece piece;
  blockmap_get (copy->map, slot->index, &piece);
  if (slot->step == 0)
    return source_read (copy->source, piece.kind, slot->data, piece.offset, slot->length, flow_done,
                        slot, error)
               ? FLOW_WAITING
               : FLOW_FAILED;
  if (slot->state != WRITING)
    return take_read (copy, slot, error);
  if (slot->errnum) {
    /* Of the last request. */
    blockmap_get (copy->map, slot->index + slot->at - 1, &piece);
    return write_failed (copy, &piece, slot->errnum, error);
  }
  return send_pieces (copy, slot, error);
}
