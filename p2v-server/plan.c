/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase plan: whether the guest's definition will be accepted, what of each disk
 * lives and where it is read from, before a byte is copied; and with these exact
 * figures once more whether the target has room.  A conversion that was given
 * wrong bytes ends here, not after the copy. */
#include "arrival.h"
#include "blockmap.h"
#include "carry.h"
#include "phases.h"
#include "size.h"
#include "source.h"
#include "target/target.h"
#include "verify.h"

/* What the target allocates at a time: QEMU's default cluster of qcow2, and the
 * usual block of a file system for raw. */
#define QCOW2_CLUSTER 65536u
#define RAW_CLUSTER   4096u

static gboolean
add_segment (PieceKind kind, guint64 offset, guint64 length, gpointer data, GError **error)
{
  return blockmap_writer_add (data, kind, offset, length, error);
}

static gboolean
check_arrival (Job *job, const JobDisk *disk, GError **error)
{
  g_autoptr (Digests) digests = digests_open (disk->digests, disk->source->size, error);
  return digests && arrival_check (job, disk, digests, error);
}

static gboolean
plan_disk (Job *job, JobDisk *disk, GError **error)
{
  g_autoptr (Source) source = source_open (job, disk, error);
  if (!source)
    return FALSE;
  g_autoptr (BlockmapWriter) writer =
      blockmap_writer_new (disk->blockmap, disk->source->size, error);
  if (!writer || !source_map (source, add_segment, writer, error) ||
      !blockmap_writer_finish (writer, error))
    return FALSE;
  g_autoptr (Blockmap) map = blockmap_open (disk->blockmap, disk->source->size, error);
  return map && carry_over (job, disk, map, error);
}

static gboolean
measure_disk (Job *job, JobDisk *disk, guint64 *live, guint64 *allocated, GError **error)
{
  g_autoptr (Blockmap) map = blockmap_open (disk->blockmap, disk->source->size, error);
  if (!map)
    return FALSE;
  guint64 source = blockmap_bytes (map, PIECE_SOURCE);
  guint64 overlay = blockmap_bytes (map, PIECE_OVERLAY);
  *live += source + overlay;
  if (job->target->preallocated)
    *allocated += disk->source->size;
  else
    *allocated += blockmap_cluster_bytes (
        map, g_str_equal (job->target->format, "qcow2") ? QCOW2_CLUSTER : RAW_CLUSTER);

  g_autofree char *name = g_strdup_printf ("disk%u_live_bytes", disk->index);
  report_figure (job->report, name, (gint64)(source + overlay));
  g_autofree char *live_text = size_text (source + overlay);
  g_autofree char *whole_text = size_text (disk->source->size);
  g_autofree char *overlay_text = size_text (overlay);
  job_log (job, P2V_LOG_INFO, "Disk %u (%s): %s of %s live, of these %s from the overlay.",
           disk->index, disk->source->device, live_text, whole_text, overlay_text);
  return TRUE;
}

gboolean
phase_plan (Job *job, GError **error)
{
  guint64 live = 0, allocated = 0;
  if (!job->target->ops->describe (job->target, job, error) || !verify_fetch_digests (job, error))
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    job_progress (job, i, job->disks->len);
    if (job_check_cancelled (job, error) == FALSE || !check_arrival (job, disk, error) ||
        !plan_disk (job, disk, error) || !measure_disk (job, disk, &live, &allocated, error))
      return FALSE;
  }
  job_progress (job, job->disks->len, job->disks->len);
  report_figure (job->report, "live_bytes", (gint64)live);
  return job->target->ops->check_space (job->target, job, allocated, error);
}
