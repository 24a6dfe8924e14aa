/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recheck.h"
#include <glib/gstdio.h>
#include <string.h>
#include "blockmap.h"
#include "carry.h"
#include "common/message.h"
#include "digests.h"
#include "held.h"
#include "job-state.h"
#include "keep-file.h"
#include "size.h"

#define MARKER "untrusted"

/* In one question, at most 64 MiB; and for how long a disk may take for that. */
#define RANGES_MAX 1024u
#define ANSWER_S   1800

/* offset (little endian, 64 bit), length (little endian, 32 bit): docs/protocol.md */
#define RANGE_BYTES 12u

gboolean
recheck_require (Job *job, GError **error)
{
  g_autofree char *path = job_path (job, MARKER);
  return keep_file (path, "", KEEP_DURABLE, error);
}

/* ---- what there is ---- */

/* A conversion that is not finished is made again from the cache alone. */
static gboolean
is_converted (const Job *job)
{
  return job->again >= PHASE_PLAN;
}

/* The map that says what is on the target; NULL while nothing is. */
static Blockmap *
open_map (const Job *job, const JobDisk *disk)
{
  g_autofree char *old = carry_path (disk);
  const char *path = job->again >= PHASE_COPY ? disk->blockmap : old;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  g_autoptr (GError) error = NULL;
  Blockmap *map = blockmap_open (path, disk->source->size, &error);
  if (!map)
    p2v_warning ("%s", error->message);
  return map;
}

static gboolean
is_on_target (const Piece *piece)
{
  return piece->kind == PIECE_SOURCE &&
         (piece->state == PIECE_COPIED || piece->state == PIECE_VERIFIED);
}

/* Calls FUNC for all that is held of DISK, in whatever form. */
static void
for_all (const Job *job, const JobDisk *disk, const Blockmap *map, HeldFunc func, gpointer data)
{
  held_units (disk, func, data);
  if (is_converted (job))
    held_looks (disk, func, data);
  for (guint64 i = 0; map && i < blockmap_n_pieces (map); i++) {
    Piece piece;
    blockmap_get (map, i, &piece);
    if (!is_on_target (&piece))
      continue;
    P2vDigestRecord record = {.offset = piece.offset, .length = piece.length};
    func (&record, data);
  }
}

/* ---- asking ---- */

typedef struct {
  Job *job;
  const JobDisk *disk;
  GByteArray *ranges;
  guint64 bytes;        /* of RANGES */
  guint64 *done, total; /* of all disks */
  GError *error;
} Asking;

static void
ask (Asking *asking)
{
  if (asking->ranges->len == 0 || asking->error)
    return;
  g_autofree char *text = g_base64_encode (asking->ranges->data, asking->ranges->len);
  g_autoptr (JsonObject) query = p2v_message_new ("query");
  json_object_set_string_member (query, "what", "reread");
  json_object_set_int_member (query, "disk", asking->disk->index);
  json_object_set_string_member (query, "ranges", text);
  JsonObject *answer = job_ask (asking->job, query, ANSWER_S, &asking->error);
  g_clear_pointer (&answer, json_object_unref); /* the records came as digests */
  *asking->done += asking->bytes;
  asking->bytes = 0;
  g_byte_array_set_size (asking->ranges, 0);
  job_progress (asking->job, *asking->done, asking->total);
}

static void
add_range (const P2vDigestRecord *held, gpointer data)
{
  Asking *asking = data;
  guint64 offset = GUINT64_TO_LE (held->offset);
  guint32 length = GUINT32_TO_LE (held->length);
  g_byte_array_append (asking->ranges, (const guint8 *)&offset, sizeof offset);
  g_byte_array_append (asking->ranges, (const guint8 *)&length, sizeof length);
  asking->bytes += held->length;
  if (asking->ranges->len >= RANGES_MAX * RANGE_BYTES)
    ask (asking);
}

static gboolean
ask_disk (Job *job, const JobDisk *disk, guint64 *done, guint64 total, GError **error)
{
  g_autoptr (Blockmap) map = open_map (job, disk);
  g_autoptr (GByteArray) ranges = g_byte_array_new ();
  Asking asking = {.job = job, .disk = disk, .ranges = ranges, .done = done, .total = total};
  for_all (job, disk, map, add_range, &asking);
  ask (&asking);
  if (!asking.error)
    return TRUE;
  g_propagate_error (error, asking.error);
  return FALSE;
}

static void
add_bytes (const P2vDigestRecord *held, gpointer data)
{
  *(guint64 *)data += held->length;
}

/* ---- comparing ---- */

typedef struct {
  const JobDisk *disk;
  Digests *digests;
  guint64 converted; /* bytes that the conversion has seen and that differ */
  guint64 copied;    /* the same for bytes on the target */
} Comparison;

static gboolean
is_same (const Comparison *comparison, const P2vDigestRecord *held)
{
  guint8 now[P2V_DIGEST_SIZE];
  return digests_lookup (comparison->digests, held->offset, held->length, now) &&
         memcmp (now, held->digest, sizeof now) == 0;
}

static void
compare_unit (const P2vDigestRecord *held, gpointer data)
{
  Comparison *comparison = data;
  if (is_same (comparison, held))
    return;
  comparison->converted += held->length;
  held_forget (comparison->disk, held->offset);
}

static void
compare_look (const P2vDigestRecord *held, gpointer data)
{
  Comparison *comparison = data;
  if (!is_same (comparison, held))
    comparison->converted += held->length;
}

static gboolean
compare_pieces (Comparison *comparison, Blockmap *map, GError **error)
{
  for (guint64 i = 0; i < blockmap_n_pieces (map); i++) {
    Piece piece;
    blockmap_get (map, i, &piece);
    if (!is_on_target (&piece))
      continue;
    P2vDigestRecord record = {.offset = piece.offset, .length = piece.length};
    memcpy (record.digest, piece.digest, sizeof record.digest);
    if (is_same (comparison, &record))
      continue;
    comparison->copied += piece.length;
    blockmap_set_state (map, i, PIECE_STALE);
  }
  return blockmap_sync (map, error);
}

static gboolean
compare_disk (Job *job, const JobDisk *disk, Comparison *sum, GError **error)
{
  g_autoptr (Digests) digests = digests_open (disk->digests, disk->source->size, error);
  if (!digests)
    return FALSE;
  Comparison comparison = {.disk = disk, .digests = digests};
  held_units (disk, compare_unit, &comparison);
  if (is_converted (job))
    held_looks (disk, compare_look, &comparison);
  g_autoptr (Blockmap) map = open_map (job, disk);
  if (map && !compare_pieces (&comparison, map, error))
    return FALSE;
  sum->converted += comparison.converted;
  sum->copied += comparison.copied;
  return TRUE;
}

/* ---- what follows ---- */

static void
begin_conversion_again (Job *job)
{
  for (guint i = 0; i < job->disks->len; i++)
    carry_keep (g_ptr_array_index (job->disks, i), job->again >= PHASE_COPY);
  g_clear_pointer (&job->info, guest_info_free);
  report_reset (job->report);
  report_warning (job->report, "The disks of the physical machine were changed after its guest "
                               "was converted: it was converted again.");
  job_set_again (job, PHASE_INSPECT);
}

static void
conclude (Job *job, const Comparison *sum, guint64 total)
{
  g_autofree char *all = size_text (total);
  if (sum->converted + sum->copied == 0) {
    job_log (job, P2V_LOG_INFO, "The disks are as they were: %s compared", all);
    return;
  }
  g_autofree char *converted = size_text (sum->converted);
  g_autofree char *copied = size_text (sum->copied);
  job_log (job, P2V_LOG_WARNING,
           "The disks were changed while the job waited: of %s that were compared, %s that the "
           "conversion read and %s that were copied.",
           all, converted, copied);
  if (sum->converted > 0 && is_converted (job))
    begin_conversion_again (job);
  else if (sum->copied > 0 && job->again > PHASE_COPY)
    job_set_again (job, PHASE_COPY);
}

gboolean
recheck (Job *job, GError **error)
{
  g_autofree char *marker = job_path (job, MARKER);
  if (!g_file_test (marker, G_FILE_TEST_EXISTS))
    return TRUE;
  guint64 total = 0, done = 0;
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autoptr (Blockmap) map = open_map (job, disk);
    for_all (job, disk, map, add_bytes, &total);
  }
  job_log (job, P2V_LOG_INFO, "Comparing what was read before with the disks");
  for (guint i = 0; i < job->disks->len; i++)
    if (!ask_disk (job, g_ptr_array_index (job->disks, i), &done, total, error))
      return FALSE;
  Comparison sum = {.converted = 0};
  for (guint i = 0; i < job->disks->len; i++)
    if (!compare_disk (job, g_ptr_array_index (job->disks, i), &sum, error))
      return FALSE;
  conclude (job, &sum, total);
  (void)g_unlink (marker);
  return TRUE;
}
