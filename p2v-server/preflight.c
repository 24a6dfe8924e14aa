/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase preflight: what can be known before the guest is; and, once it is,
 * whether there is room for it. */
#include "preflight.h"
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "common/unit.h"
#include "overlay.h"
#include "phases.h"
#include "target/files.h"

/* Once per job: an initramfs with all drivers written anew beside the old one,
 * kernels, modules and package data read for it, by whole units. */
#define CONVERSION_ROOM (512ull << 20)

/* For each unit in use: two pieces in the block map (32 bytes, blockmap.h) and
 * three records of the client's digests (28 bytes, unit.h), rounded up. */
#define BOOKKEEPING 160u

guint64
preflight_disk_room (guint64 size, guint64 used)
{
  /* An entry for every cluster that was trimmed, and as much again for the
   * metadata of the file systems that trimming reads: block bitmaps are one bit
   * for 4 KiB, but come with what shares their unit. */
  guint64 tables = size / overlay_cluster (size) * 8;
  return 2 * tables + used / P2V_UNIT * BOOKKEEPING;
}

gboolean
preflight_free_bytes (const char *dir, guint64 *bytes, GError **error)
{
  struct statvfs fs;
  if (statvfs (dir, &fs) == 0) {
    *bytes = (guint64)fs.f_bavail * fs.f_frsize;
    return TRUE;
  }
  p2v_set_error (error, P2V_ERROR_JOB, NULL, "The free space of %s cannot be found out: %s.", dir,
                 g_strerror (errno));
  return FALSE;
}

static gboolean
need_room (const char *dir, guint64 have, guint64 need, const char *what, GError **error)
{
  if (have >= need)
    return TRUE;
  g_autofree char *have_text = g_format_size_full (have, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *need_text = g_format_size_full (need, G_FORMAT_SIZE_IEC_UNITS);
  p2v_set_error (
      error, P2V_ERROR_SPACE,
      "Make room there on the conversion server, or set P2V_STATE_DIR for the login user "
      "to a directory with more (see p2v-server(8), ENVIRONMENT).",
      "The job directory %s has too little room: %s are free, %s needs %s.", dir, have_text, what,
      need_text);
  return FALSE;
}

gboolean
phase_preflight (Job *job, GError **error)
{
  guint64 have = 0;
  if (!preflight_free_bytes (job->dir, &have, error) ||
      !need_room (job->dir, have, PREFLIGHT_FLOOR, "a job", error))
    return FALSE;
  job->target = target_new (job, error);
  if (!job->target || !job->target->ops->check (job->target, job, error))
    return FALSE;
  job_log (job, P2V_LOG_INFO, "Target: %s, %s", job->target->ops->words,
           job_setting (job, "output.storage", "default storage"));
  return TRUE;
}

void
undo_preflight (Job *job)
{
  if (!job->target)
    return;
  job->target->ops->abandon (job->target, job);
  g_clear_pointer (&job->target, target_free);
}

/* Bytes that FILE takes already. */
static guint64
taken_by (const char *file)
{
  struct stat st;
  return stat (file, &st) == 0 ? (guint64)st.st_blocks * 512 : 0; /* st_blocks: stat(2) */
}

static gboolean
same_file_system (const char *a, const char *b)
{
  struct stat first, second;
  return stat (a, &first) == 0 && stat (b, &second) == 0 && first.st_dev == second.st_dev;
}

gboolean
preflight_space (Job *job, GError **error)
{
  guint64 used = 0, room = CONVERSION_ROOM, have = 0;
  if (!preflight_free_bytes (job->dir, &have, error))
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    used += job->target->preallocated ? disk->source->size : disk->used_bytes;
    room += preflight_disk_room (disk->source->size, disk->used_bytes);
    have += taken_by (disk->cache) + taken_by (disk->overlay);
  }
  if (!job->target->ops->check_space (job->target, job, used, error) ||
      !need_room (job->dir, have, room, "overlay and cache of this guest", error))
    return FALSE;
  /* Both from the same free bytes? */
  return !same_file_system (target_files_directory (job->target->files), job->dir) ||
         need_room (job->dir, have, room + used,
                    "this guest with its overlay and cache (the target is on the same file system)",
                    error);
}
