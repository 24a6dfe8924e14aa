/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reread.h"
#include "common/error.h"
#include "common/log.h"
#include "common/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define RANGE_BYTES 12u /* offset, little endian, 64 bit; length, 32 bit */

struct Reread {
  guint disk;
  int fd;
  guint8 *ranges;
  gsize length;
  ExportDigests callback;
  gpointer data;
  atomic_bool stop, done;
  GThread *thread;
};

static void
get_range (const guint8 *packed, guint64 *offset, guint32 *length)
{
  memcpy (offset, packed, sizeof *offset);
  memcpy (length, packed + sizeof *offset, sizeof *length);
  *offset = GUINT64_FROM_LE (*offset);
  *length = GUINT32_FROM_LE (*length);
}

static gboolean
read_whole (int fd, guint8 *buffer, guint32 length, guint64 offset)
{
  guint32 done = 0;
  while (done < length) {
    ssize_t n = pread (fd, buffer + done, length - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (guint32)n;
  }
  return TRUE;
}

static gpointer
run (gpointer data)
{
  Reread *reread = data;
  g_autofree guint8 *buffer = g_malloc (P2V_UNIT);
  for (gsize at = 0; at < reread->length && !atomic_load (&reread->stop); at += RANGE_BYTES) {
    P2vDigestRecord record;
    get_range (reread->ranges + at, &record.offset, &record.length);
    if (!read_whole (reread->fd, buffer, record.length, record.offset)) {
      p2v_warning ("disk %u cannot be read at byte %" G_GUINT64_FORMAT ": %s", reread->disk + 1,
                   record.offset, g_strerror (errno));
      continue;
    }
    guint8 packed[P2V_DIGEST_RECORD_SIZE];
    p2v_digest (buffer, record.length, record.digest);
    p2v_digest_record_pack (&record, packed);
    reread->callback (reread->disk, packed, sizeof packed, reread->data);
  }
  atomic_store (&reread->done, TRUE);
  return NULL;
}

/* As they come over the wire: each a part of one unit of the disk. */
static gboolean
check_ranges (const Reread *reread, guint64 size)
{
  if (reread->length == 0 || reread->length % RANGE_BYTES != 0)
    return FALSE;
  for (gsize at = 0; at < reread->length; at += RANGE_BYTES) {
    guint64 offset;
    guint32 length;
    get_range (reread->ranges + at, &offset, &length);
    if (length == 0 || length > P2V_UNIT || offset >= size || length > size - offset ||
        offset / P2V_UNIT != (offset + length - 1) / P2V_UNIT)
      return FALSE;
  }
  return TRUE;
}

Reread *
reread_start (const P2vMachine *machine, gint64 disk, const char *ranges, ExportDigests callback,
              gpointer data, GError **error)
{
  const P2vDisk *source =
      disk >= 0 && disk < machine->disks->len ? g_ptr_array_index (machine->disks, disk) : NULL;
  Reread *reread = g_new0 (Reread, 1);
  reread->fd = -1;
  reread->disk = (guint)disk;
  reread->callback = callback;
  reread->data = data;
  reread->ranges = g_base64_decode (ranges, &reread->length);
  if (!source || !check_ranges (reread, source->size)) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server asks for parts of a disk that there are not.");
    reread_free (reread);
    return NULL;
  }
  reread->fd = open (source->device, O_RDONLY | O_CLOEXEC);
  if (reread->fd < 0) {
    p2v_set_error (error, P2V_ERROR_DISK, "Check the disk and its cable.",
                   "The disk %s cannot be opened: %s.", source->device, g_strerror (errno));
    reread_free (reread);
    return NULL;
  }
  /* Just what is asked for, as the export (export.c). */
  (void)posix_fadvise (reread->fd, 0, 0, POSIX_FADV_RANDOM);
  reread->thread = g_thread_new ("reread", run, reread);
  return reread;
}

gboolean
reread_is_done (Reread *reread)
{
  return atomic_load (&reread->done);
}

void
reread_free (Reread *reread)
{
  if (!reread)
    return;
  atomic_store (&reread->stop, TRUE);
  if (reread->thread)
    g_thread_join (reread->thread);
  if (reread->fd >= 0)
    close (reread->fd);
  g_free (reread->ranges);
  g_free (reread);
}
