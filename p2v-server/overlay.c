/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase overlay: a broker for each disk, the physical machine behind it, and
 * above it the qcow2 that the conversion writes to. */
#include <glib/gstdio.h>
#include "broker.h"
#include "common/process.h"
#include "overlay.h"
#include "phases.h"
#include "recheck.h"

/* Escaped as a URI wants it, which also hides a comma from qemu-img. */
static char *
backing_option (const JobDisk *disk)
{
  g_autofree char *uri = g_uri_escape_string (disk->broker_socket, "/", FALSE);
  return g_strdup_printf ("cluster_size=%u,backing_fmt=raw,backing_file=nbd+unix:///?socket=%s",
                          overlay_cluster (disk->source->size), uri);
}

/* -u: qemu-img need not look at the source, the size is known. */
static gboolean
make_overlay (Job *job, JobDisk *disk, GError **error)
{
  g_autofree char *options = backing_option (disk);
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, disk->source->size);
  const char *argv[] = {"qemu-img", "create", "-q",          "-u", "-f", "qcow2",
                        "-o",       options,  disk->overlay, size, NULL};
  return p2v_process_run (argv, NULL, job->cancel, error);
}

void
overlay_drop (const JobDisk *disk)
{
  g_autofree char *looks = g_strconcat (disk->cache_map, ".looks", NULL);
  (void)g_unlink (disk->overlay);
  (void)g_unlink (looks);
}

/* A conversion that was finished is gone on with, any other begins anew. */
static gboolean
prepare_disk (Job *job, JobDisk *disk, GError **error)
{
  gboolean anew = job->again <= PHASE_INSPECT;
  if (anew)
    overlay_drop (disk);
  disk->broker = broker_start (job, disk, error);
  return disk->broker && (!anew || make_overlay (job, disk, error));
}

gboolean
phase_overlay (Job *job, GError **error)
{
  /* All that is read then is on the target. */
  if (job->again >= PHASE_FINISH)
    return TRUE;
  if (!recheck (job, error))
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++)
    if (!prepare_disk (job, g_ptr_array_index (job->disks, i), error))
      return FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    job_progress (job, i, job->disks->len);
    if (!broker_wait_source (disk->broker, job->cancel, error))
      return FALSE;
    job_log (job, P2V_LOG_INFO, "The disk %s is connected", disk->source->device);
  }
  job_progress (job, job->disks->len, job->disks->len);
  return TRUE;
}

void
overlay_disconnect (Job *job)
{
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_clear_pointer (&disk->broker, broker_free);
  }
}

void
undo_overlay (Job *job)
{
  overlay_disconnect (job);
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autofree char *sums = g_strconcat (disk->cache_map, ".sums", NULL);
    overlay_drop (disk);
    (void)g_unlink (disk->cache);
    (void)g_unlink (disk->cache_map);
    (void)g_unlink (sums);
  }
}
