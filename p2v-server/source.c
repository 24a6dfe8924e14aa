/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"
#include "broker-reads.h"
#include "image.h"

#define BROKER_CONNECTIONS  4
#define OVERLAY_CONNECTIONS 2

struct Source {
  Job *job;
  const JobDisk *disk;
  Image *overlay_image;
  NbdPool *overlay;
  BrokerReads *reads; /* one of these two, from source_open_broker on */
  NbdPool *broker;
  const char *export; /* the broker's: broker-plugin.c */
};

static NbdPool *
open_overlay (Source *source, GError **error)
{
  g_autofree char *name = g_strdup_printf ("d%u.overlay", source->disk->index);
  g_autofree char *what = g_strdup_printf (N_ ("the overlay of disk %u (%s)"), source->disk->index,
                                           source->disk->source->device);
  source->overlay_image =
      image_open (source->job, name, source->disk->overlay, "qcow2", IMAGE_READ, FALSE, error);
  if (!source->overlay_image)
    return NULL;
  return nbd_pool_open (image_socket (source->overlay_image), "", OVERLAY_CONNECTIONS, what,
                        source->job->cancel, error);
}

Source *
source_open (Job *job, const JobDisk *disk, GError **error)
{
  g_autoptr (Source) source = g_new0 (Source, 1);
  source->job = job;
  source->disk = disk;
  source->export = "exact";
  source->overlay = open_overlay (source, error);
  if (!source->overlay)
    return NULL;
  if (nbd_pool_size (source->overlay) != disk->source->size) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL,
                   "The overlay of %s has %" G_GUINT64_FORMAT " bytes, the disk %" G_GUINT64_FORMAT
                   ".",
                   disk->source->device, nbd_pool_size (source->overlay), disk->source->size);
    return NULL;
  }
  return g_steal_pointer (&source);
}

void
source_free (Source *source)
{
  if (!source)
    return;
  broker_reads_free (source->reads);
  nbd_pool_free (source->broker);
  nbd_pool_free (source->overlay);
  image_close (source->overlay_image);
  g_free (source);
}

void
source_distrust_cache (Source *source)
{
  source->export = "fresh";
}

gboolean
source_open_broker (Source *source, const SourceMemory *memory, GError **error)
{
  g_autofree char *what = g_strdup_printf (N_ ("the physical machine's disk %u (%s)"),
                                           source->disk->index, source->disk->source->device);
  g_autofree char *name = g_strdup_printf ("d%u.ctl", source->disk->index);
  g_autofree char *control = job_path (source->job, name);
  if (g_file_test (control, G_FILE_TEST_EXISTS)) {
    source->reads = broker_reads_open (control, source->export, memory, what, error);
    return source->reads != NULL;
  }
  source->broker = nbd_pool_open (source->disk->broker_socket, source->export, BROKER_CONNECTIONS,
                                  what, source->job->cancel, error);
  return source->broker != NULL;
}

gboolean
source_read (Source *source, PieceKind kind, guint8 *data, guint64 offset, guint32 length,
             NbdDone done, gpointer user, GError **error)
{
  if (kind == PIECE_SOURCE && source->reads)
    return broker_reads_ask (source->reads, data, offset, length, done, user, error);
  return nbd_pool_read (source_pool (source, kind), data, offset, length, done, user, error);
}

NbdPool *
source_pool (Source *source, PieceKind kind)
{
  return kind == PIECE_OVERLAY ? source->overlay : source->broker;
}

gboolean
source_watch (Source *source, NbdWatch *watch)
{
  return source->reads && broker_reads_watch (source->reads, watch);
}

typedef struct {
  SourceSegment func;
  gpointer data;
  PieceKind kind;
  guint64 offset, length; /* the segment that still grows */
} Joiner;

static gboolean
joiner_flush (Joiner *joiner, GError **error)
{
  if (joiner->length == 0)
    return TRUE;
  guint64 length = joiner->length;
  joiner->length = 0;
  return joiner->func (joiner->kind, joiner->offset, length, joiner->data, error);
}

static gboolean
take_extent (const NbdExtent *extent, gpointer data, GError **error)
{
  Joiner *joiner = data;
  if (extent->zero)
    return joiner_flush (joiner, error);
  PieceKind kind = extent->depth == 1 ? PIECE_OVERLAY : PIECE_SOURCE;
  if (joiner->length > 0 && joiner->kind == kind &&
      joiner->offset + joiner->length == extent->offset) {
    joiner->length += extent->length;
    return TRUE;
  }
  if (!joiner_flush (joiner, error))
    return FALSE;
  joiner->kind = kind;
  joiner->offset = extent->offset;
  joiner->length = extent->length;
  return TRUE;
}

gboolean
source_map (Source *source, SourceSegment func, gpointer data, GError **error)
{
  Joiner joiner = {.func = func, .data = data};
  return nbd_pool_map (source->overlay, take_extent, &joiner, source->job->cancel, error) &&
         joiner_flush (&joiner, error);
}
