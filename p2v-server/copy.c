/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase copy: every disk of the guest into an image of the target. */
#include "copy.h"
#include "phases.h"
#include "target/target.h"

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

static gboolean
open_maps (Job *job, GArray *disks, JobProgress *progress, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++) {
    CopyDisk disk = {.disk = g_ptr_array_index (job->disks, i)};
    disk.map = blockmap_open (disk.disk->blockmap, disk.disk->source->size, error);
    if (!disk.map)
      return FALSE;
    disk.image = image_of (job, disk.disk, disk.map, error);
    disk.held = g_mapped_file_new (disk.disk->cache_map, FALSE, NULL);
    copy_count (&disk, progress);
    g_array_append_val (disks, disk);
    if (!disk.image)
      return FALSE;
  }
  return TRUE;
}

static void
close_maps (gpointer data)
{
  CopyDisk *disk = data;
  blockmap_free (disk->map);
  g_clear_pointer (&disk->held, g_mapped_file_unref);
}

gboolean
phase_copy (Job *job, GError **error)
{
  g_autoptr (GArray) disks = g_array_new (FALSE, FALSE, sizeof (CopyDisk));
  g_array_set_clear_func (disks, close_maps);
  JobProgress progress = {0};
  if (!open_maps (job, disks, &progress, error))
    return FALSE;
  job_progress_bytes (job, &progress);
  for (guint first = 0; first < disks->len; first += COPY_AT_ONCE) {
    CopyDisk *group = &g_array_index (disks, CopyDisk, first);
    guint n = MIN (COPY_AT_ONCE, disks->len - first);
    if (!copy_disks (job, group, n, &progress, error))
      return FALSE;
  }
  progress.done = progress.total;
  progress.link_done = progress.link_total;
  job_progress_bytes (job, &progress);
  return TRUE;
}

void
undo_copy (Job *job)
{
  if (job->target)
    job->target->ops->abandon (job->target, job);
}
