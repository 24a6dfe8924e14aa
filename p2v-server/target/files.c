/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "common/process.h"
#include "../blockmap.h"
#include "../size.h"
#include "files-name.h"
#include "reservation.h"

/* Room beyond the bytes themselves: an image's own tables (less than 1/1000)
 * and what the file system needs for them. */
#define MARGIN_BYTES   (16ull << 20)
#define MARGIN_PERCENT 1

struct TargetFiles {
  char *directory, *name, *job_id;
  char *lock, *xml;
  GHashTable *images; /* disk index → temporary name */
};

static char *
in_directory (const TargetFiles *files, const char *name)
{
  return g_build_filename (files->directory, name, NULL);
}

/* The temporary name for the final name FINAL. */
static char *
temporary_for (const TargetFiles *files, const char *final)
{
  g_autofree char *name = g_strdup_printf (".%s.p2v-%s", final, files->job_id);
  return in_directory (files, name);
}

TargetFiles *
target_files_new (const Job *job, const char *directory)
{
  TargetFiles *files = g_new0 (TargetFiles, 1);
  files->directory = g_canonicalize_filename (directory, NULL);
  files->name = g_strdup (job->machine->name);
  files->job_id = g_strdup (job->id);
  g_autofree char *lock = g_strdup_printf (".%s.p2v-lock", files->name);
  files->lock = in_directory (files, lock);
  g_autofree char *xml = g_strconcat (files->name, ".xml", NULL);
  files->xml = in_directory (files, xml);
  files->images = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return files;
}

void
target_files_free (TargetFiles *files)
{
  if (!files)
    return;
  g_hash_table_unref (files->images);
  g_free (files->xml);
  g_free (files->lock);
  g_free (files->job_id);
  g_free (files->name);
  g_free (files->directory);
  g_free (files);
}

const char *
target_files_directory (const TargetFiles *files)
{
  return files->directory;
}

const char *
target_files_xml (TargetFiles *files)
{
  return files->xml;
}

static gboolean
check_directory (const TargetFiles *files, GError **error)
{
  struct stat st;
  if (stat (files->directory, &st) == 0 && S_ISDIR (st.st_mode))
    return TRUE;
  gboolean missing = errno == ENOENT;
  if (missing)
    p2v_set_error (error, P2V_ERROR_TARGET,
                   "Make it on the conversion server or name another with p2v.os=.",
                   "The target directory %s does not exist.", files->directory);
  else
    p2v_set_error (error, P2V_ERROR_TARGET, "Name another with p2v.os=.",
                   "The target %s is not a directory that can be used.", files->directory);
  return FALSE;
}

static gboolean
check_free (const char *path, GError **error)
{
  struct stat st;
  if (lstat (path, &st) < 0 && errno == ENOENT)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_TARGET,
                 "Move it away or give the guest another name with p2v.name=.",
                 "The target file %s exists already.", path);
  return FALSE;
}

/* Under the reservation, so that no other job makes one of them afterwards. */
static gboolean
check_names (TargetFiles *files, Job *job, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autofree char *name = files_disk_name (files->name, disk->index);
    g_autofree char *manifest = g_strconcat (name, FILES_MANIFEST, NULL);
    g_autofree char *manifest_path = in_directory (files, manifest);
    g_free (disk->target_path);
    disk->target_path = in_directory (files, name);
    if (!check_free (disk->target_path, error) || !check_free (manifest_path, error))
      return FALSE;
    /* An earlier process of this job may have begun the image. */
    g_autofree char *temporary = temporary_for (files, name);
    if (g_file_test (temporary, G_FILE_TEST_IS_REGULAR))
      g_hash_table_insert (files->images, GUINT_TO_POINTER (disk->index),
                           g_steal_pointer (&temporary));
  }
  return check_free (files->xml, error);
}

/* What an earlier process of this job had given final names already gets the temporary ones
 * again. */
static gboolean
take_back (TargetFiles *files, GError **error)
{
  g_auto (GStrv) made = reservation_read (files->lock, "made");
  for (guint i = 0; made[i]; i++) {
    const char *name = strchr (made[i], ' ');
    g_autofree char *temporary = temporary_for (files, name ? name + 1 : "");
    if (!files_take_back (files->directory, made[i], temporary, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
target_files_check (TargetFiles *files, Job *job, GError **error)
{
  gboolean had = reservation_is_ours (files->lock, files->job_id);
  if (!check_directory (files, error) || !reservation_take (files->lock, job, error) ||
      (had && !take_back (files, error)))
    return FALSE;
  if (check_names (files, job, error))
    return TRUE;
  if (!had)
    (void)unlink (files->lock);
  return FALSE;
}

/* What the images take already that were begun. */
static guint64
images_bytes (const TargetFiles *files)
{
  guint64 bytes = 0;
  GHashTableIter iter;
  gpointer path;
  struct stat st;
  g_hash_table_iter_init (&iter, files->images);
  while (g_hash_table_iter_next (&iter, NULL, &path))
    if (stat (path, &st) == 0)
      bytes += (guint64)st.st_blocks * 512; /* st_blocks: stat(2) */
  return bytes;
}

gboolean
target_files_space (TargetFiles *files, guint64 bytes, GError **error)
{
  struct statvfs fs;
  if (statvfs (files->directory, &fs) < 0) {
    p2v_set_error (error, P2V_ERROR_TARGET, "Check the directory given with p2v.os=.",
                   "The free space of %s cannot be found out: %s.", files->directory,
                   g_strerror (errno));
    return FALSE;
  }
  guint64 free_bytes = (guint64)fs.f_bavail * fs.f_frsize + images_bytes (files);
  guint64 needed = bytes + bytes / 100 * MARGIN_PERCENT + MARGIN_BYTES;
  if (free_bytes >= needed)
    return TRUE;
  g_autofree char *free_text = size_text (free_bytes);
  g_autofree char *needed_text = size_text (needed);
  p2v_set_error (error, P2V_ERROR_SPACE,
                 "Make room there or choose another directory with p2v.os=.",
                 "The target directory %s has %s free, the guest needs %s.", files->directory,
                 free_text, needed_text);
  return FALSE;
}

const char *
target_files_prepare (TargetFiles *files, Job *job, const JobDisk *disk, const char *format,
                      gboolean preallocated, GError **error)
{
  g_autofree char *name = files_disk_name (files->name, disk->index);
  g_autofree char *path = temporary_for (files, name);
  /* Made here first: only for the owner (a disk holds secrets), and never
   * through a link that lies there. */
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    p2v_set_error (error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_TARGET,
                   "Check the directory given with p2v.os=.", "%s cannot be made: %s.", path,
                   g_strerror (errno));
    return NULL;
  }
  close (fd);
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, disk->source->size);
  const char *argv[] = {"qemu-img",
                        "create",
                        "-q",
                        "-f",
                        format,
                        "-o",
                        preallocated ? "preallocation=falloc" : "preallocation=off",
                        path,
                        size,
                        NULL};
  g_autoptr (GError) cause = NULL;
  if (!p2v_process_run (argv, NULL, job->cancel, &cause)) {
    (void)unlink (path);
    if (strstr (cause->message, g_strerror (ENOSPC)))
      p2v_set_error (error, P2V_ERROR_SPACE,
                     "Make room there, choose another directory with p2v.os=, or do without "
                     "p2v.oa=preallocated.",
                     "The target directory %s has no room for %s.", files->directory, name);
    else
      g_propagate_error (error, g_steal_pointer (&cause));
    return NULL;
  }
  g_hash_table_insert (files->images, GUINT_TO_POINTER (disk->index), g_strdup (path));
  return target_files_temporary (files, disk);
}

const char *
target_files_temporary (TargetFiles *files, const JobDisk *disk)
{
  return g_hash_table_lookup (files->images, GUINT_TO_POINTER (disk->index));
}

gboolean
target_files_note_defined (TargetFiles *files, const char *uuid, GError **error)
{
  return reservation_note (files->lock, "defined", uuid, error);
}

char *
target_files_defined (TargetFiles *files)
{
  if (!reservation_is_ours (files->lock, files->job_id))
    return NULL;
  g_auto (GStrv) values = reservation_read (files->lock, "defined");
  return g_strdup (values[0]);
}

/* Whatever the phases before did: nothing gets its final name unverified. */
static gboolean
check_verified (const JobDisk *disk, GError **error)
{
  g_autoptr (Blockmap) map = blockmap_open (disk->blockmap, disk->source->size, error);
  if (!map)
    return FALSE;
  if (blockmap_is_verified (map))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_INTERNAL, NULL,
                 "The copy of disk %u (%s) has not been verified as a whole.", disk->index,
                 disk->source->device);
  return FALSE;
}

gboolean
target_files_publish (TargetFiles *files, Job *job, const char *xml, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++)
    if (!check_verified (g_ptr_array_index (job->disks, i), error))
      return FALSE;
  g_autofree char *xml_name = g_path_get_basename (files->xml);
  g_autofree char *xml_temporary = temporary_for (files, xml_name);
  if (!files_write_xml (xml_temporary, xml, error))
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autofree char *name = files_disk_name (files->name, disk->index);
    g_autofree char *manifest = g_strconcat (name, FILES_MANIFEST, NULL);
    g_autofree char *manifest_temporary = temporary_for (files, manifest);
    g_autofree char *manifest_path = in_directory (files, manifest);
    const char *image = target_files_temporary (files, disk);
    (void)unlink (manifest_temporary); /* of an earlier process of this job */
    if (!files_copy (disk->blockmap, manifest_temporary, error) ||
        !files_move (image, disk->target_path, files->lock, error) ||
        !files_move (manifest_temporary, manifest_path, files->lock, error))
      return FALSE;
  }
  return files_move (xml_temporary, files->xml, files->lock, error);
}

void
target_files_commit (TargetFiles *files)
{
  if (reservation_is_ours (files->lock, files->job_id))
    (void)unlink (files->lock);
  g_hash_table_remove_all (files->images);
}

void
target_files_abandon (TargetFiles *files)
{
  g_autofree char *prefix = g_strconcat (".", files->name, NULL);
  g_autofree char *suffix = g_strconcat (".p2v-", files->job_id, NULL);
  g_autoptr (GDir) dir = g_dir_open (files->directory, 0, NULL);
  const char *entry;
  while (dir && (entry = g_dir_read_name (dir)))
    if (g_str_has_prefix (entry, prefix) && g_str_has_suffix (entry, suffix)) {
      g_autofree char *path = in_directory (files, entry);
      if (unlink (path) < 0)
        p2v_warning ("%s cannot be removed: %s.", path, g_strerror (errno));
    }
  g_hash_table_remove_all (files->images);
  if (!reservation_is_ours (files->lock, files->job_id))
    return;
  g_auto (GStrv) made = reservation_read (files->lock, "made");
  for (guint i = 0; made[i]; i++)
    files_remove_made (files->directory, made[i]);
  (void)unlink (files->lock);
}
