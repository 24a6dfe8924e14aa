/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase verify: the images are read back and compared with the client's
 * digests and the overlay; what differs is copied once more. */
#include "verify.h"
#include <sys/stat.h>
#include "common/process.h"
#include "phases.h"
#include "ranges.h"
#include "target/target.h"

/* The client answers at once; this is for a slow link.  Above P2V_SILENCE_S: a client
 * that is gone is then known to be. */
#define QUERY_SECONDS 60

/* Places of one kind that the report names for a disk. */
#define PLACES_MAX 50

/* What is still on its way in the client.  A client that does not come back cannot
 * be asked: then the records that came have to do. */
gboolean
verify_fetch_digests (Job *job, GError **error)
{
  g_autoptr (GError) cause = NULL;
  JsonObject *answer = job_query (job, "digests", QUERY_SECONDS, &cause);
  if (answer) {
    json_object_unref (answer);
    return TRUE;
  }
  if (!g_error_matches (cause, P2V_ERROR, P2V_ERROR_LINK)) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  g_autofree char *sentence = p2v_error_sentence (cause);
  job_log (job, P2V_LOG_WARNING, "The client cannot be asked for its latest digests: %s", sentence);
  return TRUE;
}

/* What was wrong and is right now, each place by its bytes. */
static void
report_places (Job *job, const JobDisk *disk, GArray *places, const char *what)
{
  ranges_merge (places);
  for (guint i = 0; i < places->len && i < PLACES_MAX; i++) {
    g_autofree char *text = range_text (&g_array_index (places, Range, i));
    report_repair (job->report, "Disk %u (%s), %s: the target %s.", disk->index,
                   disk->source->device, text, what);
  }
  if (places->len > PLACES_MAX)
    report_repair (job->report, "Disk %u (%s): and %u more places; the log names them.",
                   disk->index, disk->source->device, places->len - PLACES_MAX);
}

static void
report_repairs (Job *job, const JobDisk *disk, const Blockmap *map, const VerifyResult *repaired)
{
  g_autoptr (GArray) source = ranges_new (), overlay = ranges_new (), zeroes = ranges_new ();
  for (guint i = 0; i < repaired->bad->len; i++) {
    Piece piece;
    blockmap_get (map, g_array_index (repaired->bad, guint64, i), &piece);
    ranges_add (piece.kind == PIECE_SOURCE ? source : overlay, piece.offset, piece.length);
  }
  for (guint i = 0; i < repaired->bad_zero->len; i++) {
    const VerifyRange *range = &g_array_index (repaired->bad_zero, VerifyRange, i);
    ranges_add (zeroes, range->offset, range->length);
  }
  report_places (job, disk, source, "did not hold what the physical machine read; copied again");
  report_places (job, disk, overlay, "differed from the overlay; copied again");
  report_places (job, disk, zeroes, "held data where nothing lives; made zero again");
  report_warning (job->report,
                  "Disk %u (%s): %u pieces of the target were wrong after the copy and have been "
                  "copied again (see the repairs); check the storage and the memory of both "
                  "machines.",
                  disk->index, disk->source->device, repaired->bad->len + repaired->bad_zero->len);
}

/* The first byte of what RESULT says is bad. */
static guint64
first_bad (const Blockmap *map, const VerifyResult *result)
{
  guint64 first = G_MAXUINT64;
  for (guint i = 0; i < result->bad->len; i++) {
    Piece piece;
    blockmap_get (map, g_array_index (result->bad, guint64, i), &piece);
    first = MIN (first, piece.offset);
  }
  for (guint i = 0; i < result->bad_zero->len; i++)
    first = MIN (first, g_array_index (result->bad_zero, VerifyRange, i).offset);
  return first;
}

/* Copies what differs once more and looks at it again.  What is still wrong then
 * would stay so: that is the end of the job. */
static gboolean
repair_disk (Job *job, JobDisk *disk, Blockmap *map, const char *image, const VerifyResult *first,
             GError **error)
{
  CopyDisk again = {.disk = disk, .map = map, .image = image};
  if (first->bad->len && !copy_again (job, &again, first->bad, error))
    return FALSE;
  if (first->bad_zero->len && !verify_make_zero (job, disk, image, first->bad_zero, error))
    return FALSE;
  if (!verify_fetch_digests (job, error))
    return FALSE;
  g_autoptr (Digests) digests = digests_open (disk->digests, disk->source->size, error);
  g_autoptr (VerifyResult) second = verify_result_new ();
  if (!digests || !verify_disk (job, disk, map, digests, image, first, NULL, second, error))
    return FALSE;
  guint left = second->bad->len + second->bad_zero->len;
  if (left == 0) {
    report_repairs (job, disk, map, first);
    return TRUE;
  }
  p2v_set_error (error, P2V_ERROR_VERIFY,
                 "Check storage and memory of both machines; the log names all places. The "
                 "physical machine's disks are unchanged.",
                 "Disk %u (%s): the target differs from what was read at byte %" G_GUINT64_FORMAT
                 ", also after it was copied again (pieces that are wrong: %u).",
                 disk->index, disk->source->device, first_bad (map, second), left);
  return FALSE;
}

/* An image's own tables; clusters that nothing refers to are given back. */
static gboolean
check_image (Job *job, const char *image, GError **error)
{
  if (!g_str_equal (job->target->format, "qcow2"))
    return TRUE;
  const char *argv[] = {"qemu-img", "check", "-q", "-r", "leaks", "-f", "qcow2", image, NULL};
  g_autoptr (GError) cause = NULL;
  if (p2v_process_run (argv, NULL, job->cancel, &cause))
    return TRUE;
  if (g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  g_autofree char *sentence = p2v_error_sentence (cause);
  p2v_set_error (error, P2V_ERROR_VERIFY, "Check the target's storage and convert again.",
                 "The image %s is damaged: %s", image, sentence);
  return FALSE;
}

static void
report_result (Job *job, const JobDisk *disk, const VerifyResult *result)
{
  const struct {
    const char *name;
    guint64 value;
  } figures[] = {
      {"verified_source_pieces", result->source},
      {"verified_overlay_pieces", result->overlay},
      {"verified_without_client_record", result->unrecorded},
      {"verified_zero_bytes_read", result->zero_bytes},
      {"verify_differences", result->bad->len + result->bad_zero->len},
  };
  for (guint i = 0; i < G_N_ELEMENTS (figures); i++) {
    g_autofree char *name = g_strdup_printf ("disk%u_%s", disk->index, figures[i].name);
    report_figure (job->report, name, (gint64)figures[i].value);
  }
  if (result->unrecorded)
    report_warning (
        job->report,
        "Disk %u (%s): for %" G_GUINT64_FORMAT
        " pieces there is no digest of the client; they were compared with what arrived "
        "at the conversion server.",
        disk->index, disk->source->device, result->unrecorded);
}

static gboolean
verify_one (Job *job, JobDisk *disk, JobProgress *progress, GError **error)
{
  const char *image = target_temporary (job->target, disk);
  g_autoptr (Blockmap) map = blockmap_open (disk->blockmap, disk->source->size, error);
  if (!map)
    return FALSE;
  g_autoptr (Digests) digests = digests_open (disk->digests, disk->source->size, error);
  g_autoptr (VerifyResult) result = verify_result_new ();
  if (!digests || !verify_disk (job, disk, map, digests, image, NULL, progress, result, error))
    return FALSE;
  report_result (job, disk, result);
  if ((result->bad->len || result->bad_zero->len) &&
      !repair_disk (job, disk, map, image, result, error))
    return FALSE;
  if (!check_image (job, image, error))
    return FALSE;
  struct stat st;
  if (stat (image, &st) == 0)
    disk->target_allocated = (guint64)st.st_blocks * 512; /* st_blocks: stat(2) */
  return TRUE;
}

gboolean
phase_verify (Job *job, GError **error)
{
  JobProgress progress = {0};
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autoptr (Blockmap) map = blockmap_open (disk->blockmap, disk->source->size, error);
    if (!map)
      return FALSE;
    progress.total += blockmap_bytes (map, PIECE_SOURCE) + blockmap_bytes (map, PIECE_OVERLAY);
  }
  if (!verify_fetch_digests (job, error))
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++)
    if (!verify_one (job, g_ptr_array_index (job->disks, i), &progress, error))
      return FALSE;
  progress.done = progress.total;
  job_progress_bytes (job, &progress);
  return TRUE;
}
