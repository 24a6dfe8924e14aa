/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest-keeper.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/unit.h"

#define SYNC_MS 500

typedef struct {
  int fd;
  guint64 length;      /* bytes in the file, whole records */
  guint64 synced;      /* of these, told as taken */
  GByteArray *pending; /* could not be written yet */
  gboolean syncing;
} File;

struct DigestKeeper {
  guint n_disks;
  File *files;
  DigestsTaken taken;
  gpointer data;
  guint timer;
  guint syncs; /* threads that are under way */
  guint epoch; /* of the client whose records they are */
};

/* A thread that puts a file on stable storage, and what it was about. */
typedef struct {
  DigestKeeper *keeper;
  guint disk;
  int fd;
  guint epoch;
  guint64 length;
  gboolean ok;
  GThread *thread;
} Sync;

static void
keeper_destroy (DigestKeeper *keeper)
{
  for (guint i = 0; i < keeper->n_disks; i++) {
    if (keeper->files[i].fd >= 0)
      close (keeper->files[i].fd);
    if (keeper->files[i].pending)
      g_byte_array_unref (keeper->files[i].pending);
  }
  g_free (keeper->files);
  g_free (keeper);
}

/* ---- stable storage ---- */

static gboolean
on_synced (gpointer data)
{
  Sync *sync = data;
  DigestKeeper *keeper = sync->keeper;
  File *file = &keeper->files[sync->disk];
  g_thread_join (sync->thread);
  file->syncing = FALSE;
  keeper->syncs--;
  if (sync->ok && sync->epoch == keeper->epoch && sync->length > file->synced) {
    file->synced = sync->length;
    keeper->taken (sync->disk, file->synced / P2V_DIGEST_RECORD_SIZE, keeper->data);
  }
  g_free (sync);
  return G_SOURCE_REMOVE;
}

static gpointer
run_sync (gpointer data)
{
  Sync *sync = data;
  sync->ok = fdatasync (sync->fd) == 0;
  g_idle_add (on_synced, sync);
  return NULL;
}

static gboolean
on_timer (gpointer data)
{
  DigestKeeper *keeper = data;
  for (guint i = 0; i < keeper->n_disks; i++) {
    File *file = &keeper->files[i];
    if (file->syncing || file->synced == file->length)
      continue;
    Sync *sync = g_new0 (Sync, 1);
    *sync = (Sync){.keeper = keeper,
                   .disk = i,
                   .fd = file->fd,
                   .epoch = keeper->epoch,
                   .length = file->length};
    file->syncing = TRUE;
    keeper->syncs++;
    sync->thread = g_thread_new ("digests", run_sync, sync);
  }
  return G_SOURCE_CONTINUE;
}

/* ---- the files ---- */

/* What a loss of power left behind the last whole record, or instead of one, is no
 * record: no part of a disk begins at 0 and is 0 bytes long. */
static gboolean
open_file (const JobDisk *disk, File *file)
{
  struct stat st;
  file->pending = g_byte_array_new ();
  file->fd = open (disk->digests, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file->fd < 0 || fstat (file->fd, &st) < 0)
    return FALSE;
  guint64 records = (guint64)st.st_size / P2V_DIGEST_RECORD_SIZE;
  for (; records > 0; records--) {
    guint8 packed[P2V_DIGEST_RECORD_SIZE];
    P2vDigestRecord record;
    if (pread (file->fd, packed, sizeof packed, (off_t)((records - 1) * P2V_DIGEST_RECORD_SIZE)) !=
        sizeof packed)
      return FALSE;
    p2v_digest_record_unpack (packed, &record);
    if (record.length > 0)
      break;
  }
  file->length = file->synced = records * P2V_DIGEST_RECORD_SIZE;
  return ftruncate (file->fd, (off_t)file->length) == 0 &&
         lseek (file->fd, 0, SEEK_END) == (off_t)file->length && fdatasync (file->fd) == 0;
}

DigestKeeper *
digest_keeper_new (Job *job, DigestsTaken taken, gpointer data, GError **error)
{
  DigestKeeper *keeper = g_new0 (DigestKeeper, 1);
  keeper->n_disks = job->disks->len;
  keeper->files = g_new0 (File, keeper->n_disks);
  keeper->taken = taken;
  keeper->data = data;
  for (guint i = 0; i < keeper->n_disks; i++)
    keeper->files[i].fd = -1;
  for (guint i = 0; i < keeper->n_disks; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    if (open_file (disk, &keeper->files[i]))
      continue;
    p2v_set_error (error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                   "Check the storage of the job directory.", "%s cannot be used: %s.",
                   disk->digests, g_strerror (errno));
    keeper_destroy (keeper);
    return NULL;
  }
  keeper->timer = g_timeout_add (SYNC_MS, on_timer, keeper);
  return keeper;
}

void
digest_keeper_free (DigestKeeper *keeper)
{
  if (!keeper)
    return;
  g_source_remove (keeper->timer);
  while (keeper->syncs > 0)
    g_main_context_iteration (NULL, TRUE);
  keeper_destroy (keeper);
}

/* All of PENDING, or nothing that counts. */
static gboolean
write_pending (File *file)
{
  gsize done = 0;
  while (done < file->pending->len) {
    ssize_t n = write (file->fd, file->pending->data + done, file->pending->len - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      int saved = n < 0 ? errno : ENOSPC;
      /* Whole records only. */
      done = done / P2V_DIGEST_RECORD_SIZE * P2V_DIGEST_RECORD_SIZE;
      (void)ftruncate (file->fd, (off_t)(file->length + done));
      (void)lseek (file->fd, 0, SEEK_END);
      file->length += done;
      g_byte_array_remove_range (file->pending, 0, (guint)done);
      errno = saved;
      return FALSE;
    }
    done += (gsize)n;
  }
  file->length += done;
  g_byte_array_set_size (file->pending, 0);
  return TRUE;
}

gboolean
digest_keeper_add (DigestKeeper *keeper, guint disk, const guint8 *records, gsize length,
                   GError **error)
{
  File *file = &keeper->files[disk];
  g_byte_array_append (file->pending, records, (guint)length);
  if (write_pending (file))
    return TRUE;
  p2v_set_error (error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                 "Make room in the job directory.", "The client's digests cannot be kept: %s.",
                 g_strerror (errno));
  return FALSE;
}

guint64
digest_keeper_settle (DigestKeeper *keeper, guint disk)
{
  File *file = &keeper->files[disk];
  if (write_pending (file) && fdatasync (file->fd) == 0)
    file->synced = file->length;
  return (file->length + file->pending->len) / P2V_DIGEST_RECORD_SIZE;
}

void
digest_keeper_reset (DigestKeeper *keeper)
{
  keeper->epoch++;
  for (guint i = 0; i < keeper->n_disks; i++) {
    File *file = &keeper->files[i];
    g_byte_array_set_size (file->pending, 0);
    if (ftruncate (file->fd, 0) < 0 || lseek (file->fd, 0, SEEK_SET) < 0)
      p2v_warning ("the digests of disk %u stay: %s", i, g_strerror (errno));
    file->length = file->synced = 0;
  }
}
