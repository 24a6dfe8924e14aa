/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sink.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "common/error.h"
#include "image.h"
#include "target/target.h"

#define CONNECTIONS 4

struct Sink {
  /* qcow2 */
  Image *image;
  NbdPool *pool;

  /* raw */
  int fd;
  gboolean sparse; /* zeroes may become holes */
  /* fdatasync takes its time, and pieces are written meanwhile: it has a thread. */
  GThread *flusher;
  int flushed; /* eventfd: its thread is about to end */
  int flush_errnum;
  NbdDone flush_done;
  gpointer flush_user;
};

static gboolean
open_raw (Sink *sink, const char *file, GError **error)
{
  sink->fd = open (file, O_WRONLY | O_CLOEXEC);
  sink->flushed = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (sink->fd >= 0 && sink->flushed >= 0)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_IO, "Check the target's storage.", "%s cannot be written: %s.",
                 file, g_strerror (errno));
  return FALSE;
}

Sink *
sink_open (Job *job, const JobDisk *disk, const char *file, GError **error)
{
  g_autoptr (Sink) sink = g_new0 (Sink, 1);
  Target *target = job->target;
  sink->fd = sink->flushed = -1;
  sink->sparse = !target->preallocated;
  if (g_str_equal (target->format, "raw"))
    return open_raw (sink, file, error) ? g_steal_pointer (&sink) : NULL;
  g_autofree char *name = g_strdup_printf ("d%u.target", disk->index);
  sink->image = image_open (job, name, file, target->format, IMAGE_WRITE, sink->sparse, error);
  if (sink->image)
    sink->pool =
        nbd_pool_open (image_socket (sink->image), "", CONNECTIONS, file, job->cancel, error);
  return sink->pool ? g_steal_pointer (&sink) : NULL;
}

void
sink_free (Sink *sink)
{
  if (!sink)
    return;
  if (sink->flusher)
    g_thread_join (sink->flusher);
  if (sink->flushed >= 0)
    close (sink->flushed);
  if (sink->fd >= 0)
    close (sink->fd);
  nbd_pool_free (sink->pool);
  image_close (sink->image);
  g_free (sink);
}

NbdPool *
sink_pool (Sink *sink)
{
  return sink->pool;
}

static int
write_all (int fd, const guint8 *p, gsize length, guint64 offset)
{
  while (length > 0) {
    ssize_t n = pwrite (fd, p, length, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : ENOSPC;
    p += n;
    offset += (guint64)n;
    length -= (gsize)n;
  }
  return 0;
}

/* A file system without holes gets zeroes, and so does a place that is to stay reserved. */
static int
write_zeroes (const Sink *sink, guint64 offset, guint32 length)
{
  int mode = FALLOC_FL_KEEP_SIZE | (sink->sparse ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
  if (fallocate (sink->fd, mode, (off_t)offset, length) == 0)
    return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS)
    return errno;
  g_autofree guint8 *zeroes = g_malloc0 (length);
  return write_all (sink->fd, zeroes, length, offset);
}

gboolean
sink_write (Sink *sink, const void *data, guint64 offset, guint32 length, NbdDone done,
            gpointer user, GError **error)
{
  if (sink->pool)
    return nbd_pool_write (sink->pool, data, offset, length, done, user, error);
  done (user, write_all (sink->fd, data, length, offset));
  return TRUE;
}

gboolean
sink_zero (Sink *sink, guint64 offset, guint32 length, NbdDone done, gpointer user, GError **error)
{
  if (sink->pool)
    return nbd_pool_zero (sink->pool, offset, length, done, user, error);
  done (user, write_zeroes (sink, offset, length));
  return TRUE;
}

static gpointer
flush_file (gpointer data)
{
  Sink *sink = data;
  guint64 one = 1;
  sink->flush_errnum = fdatasync (sink->fd) == 0 ? 0 : errno;
  (void)!write (sink->flushed, &one, sizeof one);
  return NULL;
}

static gboolean
take_flush (gpointer data, GError **error G_GNUC_UNUSED)
{
  Sink *sink = data;
  guint64 count;
  if (read (sink->flushed, &count, sizeof count) < 0)
    return TRUE;
  g_thread_join (g_steal_pointer (&sink->flusher));
  sink->flush_done (sink->flush_user, sink->flush_errnum);
  return TRUE;
}

gboolean
sink_watch (Sink *sink, NbdWatch *watch)
{
  if (sink->pool)
    return FALSE;
  *watch = (NbdWatch){.fd = sink->flushed, .ready = take_flush, .data = sink};
  return TRUE;
}

gboolean
sink_flush (Sink *sink, NbdDone done, gpointer user, GError **error)
{
  if (sink->pool)
    return nbd_pool_flush (sink->pool, done, user, error);
  sink->flush_done = done;
  sink->flush_user = user;
  sink->flusher = g_thread_new ("flush", flush_file, sink);
  return TRUE;
}
