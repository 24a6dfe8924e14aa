/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sink.h"
#include "image.h"
#include "raw-file.h"
#include "target/target.h"

#define CONNECTIONS 4

struct Sink {
  RawFile *raw; /* or qcow2: */
  Image *image;
  NbdPool *pool;
};

Sink *
sink_open (Job *job, const JobDisk *disk, const char *file, GError **error)
{
  g_autoptr (Sink) sink = g_new0 (Sink, 1);
  Target *target = job->target;
  gboolean sparse = !target->preallocated;
  if (g_str_equal (target->format, "raw")) {
    sink->raw = raw_file_open (file, sparse, error);
    return sink->raw ? g_steal_pointer (&sink) : NULL;
  }
  g_autofree char *name = g_strdup_printf ("d%u.target", disk->index);
  sink->image = image_open (job, name, file, target->format, IMAGE_WRITE, sparse, error);
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
  raw_file_free (sink->raw);
  nbd_pool_free (sink->pool);
  image_close (sink->image);
  g_free (sink);
}

NbdPool *
sink_pool (Sink *sink)
{
  return sink->pool;
}

gboolean
sink_watch (Sink *sink, NbdWatch *watch)
{
  if (!sink->raw)
    return FALSE;
  raw_file_watch (sink->raw, watch);
  return TRUE;
}

gboolean
sink_write (Sink *sink, const void *data, guint64 offset, guint32 length, NbdDone done,
            gpointer user, GError **error)
{
  if (sink->pool)
    return nbd_pool_write (sink->pool, data, offset, length, done, user, error);
  raw_file_write (sink->raw, data, offset, length, done, user);
  return TRUE;
}

gboolean
sink_zero (Sink *sink, guint64 offset, guint32 length, NbdDone done, gpointer user, GError **error)
{
  if (sink->pool)
    return nbd_pool_zero (sink->pool, offset, length, done, user, error);
  raw_file_zero (sink->raw, offset, length, done, user);
  return TRUE;
}

gboolean
sink_flush (Sink *sink, NbdDone done, gpointer user, GError **error)
{
  if (sink->pool)
    return nbd_pool_flush (sink->pool, done, user, error);
  raw_file_flush (sink->raw, done, user);
  return TRUE;
}
