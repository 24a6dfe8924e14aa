/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "flow.h"
#include "image.h"
#include "source.h"
#include "target/target.h"
#include "verify.h"

#define TARGET_CONNECTIONS 4

typedef struct {
  Job *job;
  const JobDisk *disk;
  Blockmap *map;
  const Digests *digests;
  const VerifyResult *only;
  JobProgress *progress;
  VerifyResult *result;
  GArray *zeroes; /* VerifyRange: to be read and found zero */
  guint64 next;   /* pieces (or ONLY's list), then ZEROES */
  int cache_fd, cache_map_fd;
  guint64 good_unit; /* the last unit whose bytes in the cache fit their record */
  Image *image;
  Source *source;
  NbdPool *target, *overlay;
} Verify;

/* Numbers from here on stand for entries of ZEROES. */
#define FIRST_ZERO (G_MAXUINT64 / 2)

VerifyResult *
verify_result_new (void)
{
  VerifyResult *result = g_new0 (VerifyResult, 1);
  result->bad = g_array_new (FALSE, FALSE, sizeof (guint64));
  result->bad_zero = g_array_new (FALSE, FALSE, sizeof (VerifyRange));
  return result;
}

void
verify_result_free (VerifyResult *result)
{
  if (!result)
    return;
  g_array_unref (result->bad);
  g_array_unref (result->bad_zero);
  g_free (result);
}

static gboolean
next_item (FlowSlot *slot, gpointer data)
{
  Verify *verify = data;
  guint64 n_pieces = verify->only ? verify->only->bad->len : blockmap_n_pieces (verify->map);
  guint64 at = verify->next;
  if (at >= n_pieces + verify->zeroes->len)
    return FALSE;
  verify->next++;
  if (at >= n_pieces)
    slot->index = FIRST_ZERO + (at - n_pieces);
  else
    slot->index = verify->only ? g_array_index (verify->only->bad, guint64, at) : at;
  return TRUE;
}

/* The target holds DATA for the piece: right or not?  The map gets the digest of
 * what was found right, whatever it had. */
static void
piece_judged (Verify *verify, guint64 index, const Piece *piece, const guint8 *data, gboolean good)
{
  if (piece->kind == PIECE_SOURCE)
    verify->result->source++;
  else
    verify->result->overlay++;
  if (good) {
    guint8 digest[P2V_DIGEST_SIZE];
    p2v_digest (data, piece->length, digest);
    blockmap_set_digest (verify->map, index, digest);
    blockmap_set_state (verify->map, index, PIECE_VERIFIED);
  } else {
    g_array_append_val (verify->result->bad, index);
    job_log (verify->job, P2V_LOG_WARNING,
             "Disk %u (%s): the target differs from the %s at byte %" G_GUINT64_FORMAT
             " (%u bytes).",
             verify->disk->index, verify->disk->source->device,
             piece->kind == PIECE_SOURCE ? "source" : "overlay", piece->offset, piece->length);
  }
  if (verify->progress) {
    verify->progress->done += piece->length;
    job_progress_bytes (verify->job, verify->progress);
  }
}

static gboolean
unit_cached (const Verify *verify, guint64 unit)
{
  guint8 held = 0;
  return verify->cache_fd >= 0 && pread (verify->cache_map_fd, &held, 1, (off_t)unit) == 1 &&
         held == 1;
}

/* Reads the unit at START from the broker's cache file into UNIT; TRUE when it
 * is what the client read there. */
static gboolean
read_cached_unit (Verify *verify, guint64 start, guint8 *unit)
{
  gsize length = MIN (P2V_UNIT, verify->disk->source->size - start);
  guint8 expected[P2V_DIGEST_SIZE], found[P2V_DIGEST_SIZE];
  if (pread (verify->cache_fd, unit, length, (off_t)start) != (gssize)length)
    return FALSE;
  if (verify->good_unit == start)
    return TRUE;
  if (digests_lookup_unit (verify->digests, start, expected)) {
    p2v_digest (unit, length, found);
    if (memcmp (expected, found, sizeof found) != 0)
      return FALSE;
  } else {
    verify->result->unrecorded++;
  }
  verify->good_unit = start;
  return TRUE;
}

/* The piece was served from the broker's cache, so that the client's record is
 * of the whole unit: check the unit in the cache, then the piece against it.  A
 * unit that is damaged proves nothing: the piece is bad, and so both are read
 * from the source again.  UNIT is a buffer for that. */
static gboolean
judge_by_cache (Verify *verify, const Piece *piece, const guint8 *data, guint8 *unit)
{
  guint64 start = piece->offset / P2V_UNIT * P2V_UNIT;
  if (read_cached_unit (verify, start, unit))
    return memcmp (unit + (piece->offset - start), data, piece->length) == 0;
  job_log (verify->job, P2V_LOG_WARNING,
           "Disk %u (%s): the cache in the job directory does not hold what was read from the "
           "physical machine at byte %" G_GUINT64_FORMAT ".",
           verify->disk->index, verify->disk->source->device, start);
  return FALSE;
}

static gboolean
judge_source (Verify *verify, const Piece *piece, const guint8 *data, guint8 *spare)
{
  guint8 expected[P2V_DIGEST_SIZE], found[P2V_DIGEST_SIZE];
  if (!digests_lookup (verify->digests, piece->offset, piece->length, expected)) {
    if (unit_cached (verify, piece->offset / P2V_UNIT))
      return judge_by_cache (verify, piece, data, spare);
    verify->result->unrecorded++;
    memcpy (expected, piece->digest, sizeof expected);
  }
  p2v_digest (data, piece->length, found);
  return memcmp (expected, found, sizeof found) == 0;
}

static FlowResult
read_failed (const Verify *verify, const char *what, guint64 offset, int errnum, GError **error)
{
  p2v_set_error (error, P2V_ERROR_IO, "Check the storage on the conversion server.",
                 "Disk %u (%s): %s cannot be read back at byte %" G_GUINT64_FORMAT ": %s.",
                 verify->disk->index, verify->disk->source->device, what, offset,
                 g_strerror (errnum));
  return FLOW_FAILED;
}

static FlowResult
zero_step (FlowSlot *slot, Verify *verify, GError **error)
{
  const VerifyRange *range = &g_array_index (verify->zeroes, VerifyRange, slot->index - FIRST_ZERO);
  if (slot->step == 0)
    return nbd_pool_read (verify->target, slot->data, range->offset, range->length, flow_done, slot,
                          error)
               ? FLOW_WAITING
               : FLOW_FAILED;
  if (slot->errnum)
    return read_failed (verify, nbd_pool_what (verify->target), range->offset, slot->errnum, error);
  verify->result->zero_bytes += range->length;
  if (!verify_is_zero (slot->data, range->length)) {
    g_array_append_val (verify->result->bad_zero, *range);
    job_log (verify->job, P2V_LOG_WARNING,
             "Disk %u (%s): the target holds data at byte %" G_GUINT64_FORMAT
             " where nothing lives.",
             verify->disk->index, verify->disk->source->device, range->offset);
  }
  return FLOW_FINISHED;
}

static FlowResult
verify_step (FlowSlot *slot, gpointer data, GError **error)
{
  Verify *verify = data;
  if (slot->index >= FIRST_ZERO)
    return zero_step (slot, verify, error);
  Piece piece;
  blockmap_get (verify->map, slot->index, &piece);
  gboolean good = FALSE;
  switch (slot->step) {
  case 0:
    return nbd_pool_read (verify->target, slot->data, piece.offset, piece.length, flow_done, slot,
                          error)
               ? FLOW_WAITING
               : FLOW_FAILED;
  case 1:
    if (slot->errnum)
      return read_failed (verify, nbd_pool_what (verify->target), piece.offset, slot->errnum,
                          error);
    if (piece.kind == PIECE_OVERLAY)
      return nbd_pool_read (verify->overlay, slot->other, piece.offset, piece.length, flow_done,
                            slot, error)
                 ? FLOW_WAITING
                 : FLOW_FAILED;
    good = judge_source (verify, &piece, slot->data, slot->other);
    break;
  default:
    if (slot->errnum)
      return read_failed (verify, nbd_pool_what (verify->overlay), piece.offset, slot->errnum,
                          error);
    good = memcmp (slot->data, slot->other, piece.length) == 0;
    break;
  }
  piece_judged (verify, slot->index, &piece, slot->data, good);
  return FLOW_FINISHED;
}

static void
close_pools (gpointer data)
{
  Verify *verify = data;
  g_clear_pointer (&verify->target, nbd_pool_free);
  g_clear_pointer (&verify->source, source_free);
}

static gboolean
verify_run (Verify *verify, const char *image, GError **error)
{
  GCancellable *cancel = verify->job->cancel;
  g_autofree char *name = g_strdup_printf ("d%u.check", verify->disk->index);
  verify->image =
      image_open (verify->job, name, image, verify->job->target->format, IMAGE_CHECK, FALSE, error);
  if (!verify->image)
    return FALSE;
  verify->target =
      nbd_pool_open (image_socket (verify->image), "", TARGET_CONNECTIONS, image, cancel, error);
  if (!verify->target)
    return FALSE;
  if (blockmap_bytes (verify->map, PIECE_OVERLAY) > 0) {
    verify->source = source_open (verify->job, verify->disk, error);
    if (!verify->source)
      return FALSE;
    verify->overlay = source_pool (verify->source, PIECE_OVERLAY);
  }
  if (verify->only) {
    g_array_append_vals (verify->zeroes, verify->only->bad_zero->data, verify->only->bad_zero->len);
  } else {
    if (!verify_find_zeroes (verify->target, verify->map, verify->zeroes, cancel, error))
      return FALSE;
  }
  NbdPool *pools[] = {verify->target, verify->overlay};
  Flow flow = {
      .pools = pools,
      .n_pools = G_N_ELEMENTS (pools),
      .next = next_item,
      .step = verify_step,
      .data = verify,
  };
  return flow_run (&flow, close_pools, cancel, error) && blockmap_sync (verify->map, error);
}

gboolean
verify_disk (Job *job, const JobDisk *disk, Blockmap *map, const Digests *digests,
             const char *image, const VerifyResult *only, JobProgress *progress,
             VerifyResult *result, GError **error)
{
  Verify verify = {
      .job = job,
      .disk = disk,
      .map = map,
      .digests = digests,
      .only = only,
      .progress = progress,
      .result = result,
      .zeroes = g_array_new (FALSE, FALSE, sizeof (VerifyRange)),
      .good_unit = G_MAXUINT64,
      .cache_fd = open (disk->cache, O_RDONLY | O_CLOEXEC),
      .cache_map_fd = open (disk->cache_map, O_RDONLY | O_CLOEXEC),
  };
  gboolean ok = verify_run (&verify, image, error);
  close_pools (&verify);
  image_close (verify.image);
  g_array_unref (verify.zeroes);
  if (verify.cache_fd >= 0)
    close (verify.cache_fd);
  if (verify.cache_map_fd >= 0)
    close (verify.cache_map_fd);
  return ok;
}
