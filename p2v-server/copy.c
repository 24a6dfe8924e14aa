/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase copy: every disk of the guest into an image of the target. */
#include "copy.h"
#include "phases.h"
#include "target/target.h"

static gboolean
open_maps (Job *job, GPtrArray *maps, CopyProgress *progress, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    Blockmap *map = blockmap_open (disk->blockmap, disk->source->size, error);
    if (!map)
      return FALSE;
    g_ptr_array_add (maps, map);
    progress->total += blockmap_bytes (map, PIECE_SOURCE) + blockmap_bytes (map, PIECE_OVERLAY);
  }
  return TRUE;
}

/* The image that an earlier run began, or a new one, which holds nothing of MAP. */
static const char *
image_of (Job *job, JobDisk *disk, Blockmap *map, GError **error)
{
  if (!target_temporary (job->target, disk)) {
    g_autofree char *made = job->target->ops->prepare_disk (job->target, job, disk, error);
    if (!made)
      return NULL;
    blockmap_reset (map);
  }
  return target_temporary (job->target, disk);
}

gboolean
phase_copy (Job *job, GError **error)
{
  g_autoptr (GPtrArray) maps = g_ptr_array_new_with_free_func ((GDestroyNotify)blockmap_free);
  CopyProgress progress = {0, 0};
  if (!open_maps (job, maps, &progress, error))
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    Blockmap *map = g_ptr_array_index (maps, i);
    const char *image = image_of (job, disk, map, error);
    disk->copied_source = disk->copied_overlay = 0;
    if (!image || !copy_disk (job, disk, map, image, &progress, error))
      return FALSE;
  }
  job_progress (job, progress.total, progress.total);
  return TRUE;
}

void
undo_copy (Job *job)
{
  if (job->target)
    job->target->ops->abandon (job->target, job);
}
