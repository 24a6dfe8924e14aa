/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify-zeroes.h"
#include "image.h"
#include "target/target.h"
#include <string.h>

typedef struct {
  const Blockmap *map;
  GArray *ranges;
  guint64 next; /* the first piece that ends behind the extent's start */
} Finder;

static void
add_range (Finder *finder, guint64 start, guint64 end)
{
  while (start < end) {
    VerifyRange range = {.offset = start, .length = (guint32)MIN (P2V_UNIT, end - start)};
    g_array_append_val (finder->ranges, range);
    start += range.length;
  }
}

static gboolean
take_extent (const NbdExtent *extent, gpointer data, GError **error G_GNUC_UNUSED)
{
  Finder *finder = data;
  if (extent->zero)
    return TRUE;
  guint64 at = extent->offset, end = extent->offset + extent->length;
  while (at < end && finder->next < blockmap_n_pieces (finder->map)) {
    Piece piece;
    blockmap_get (finder->map, finder->next, &piece);
    if (piece.offset >= end)
      break;
    if (piece.offset > at)
      add_range (finder, at, piece.offset);
    at = MAX (at, piece.offset + piece.length);
    if (piece.offset + piece.length > end)
      return TRUE; /* the next extent begins inside this piece */
    finder->next++;
  }
  add_range (finder, at, end);
  return TRUE;
}

gboolean
verify_find_zeroes (NbdPool *target, const Blockmap *map, GArray *ranges, GCancellable *cancel,
                    GError **error)
{
  Finder finder = {.map = map, .ranges = ranges};
  return nbd_pool_map (target, take_extent, &finder, cancel, error);
}

gboolean
verify_is_zero (const guint8 *data, gsize length)
{
  return data[0] == 0 && memcmp (data, data + 1, length - 1) == 0;
}

static void
answered (gpointer data, int errnum)
{
  *(int *)data = errnum ? errnum : -1;
}

gboolean
verify_make_zero (Job *job, const JobDisk *disk, const char *path, const GArray *ranges,
                  GError **error)
{
  g_autofree char *name = g_strdup_printf ("d%u.target", disk->index);
  g_autoptr (Image) image = image_open (job, name, path, job->target->format, IMAGE_WRITE,
                                        !job->target->preallocated, error);
  if (!image)
    return FALSE;
  g_autoptr (NbdPool) pool = nbd_pool_open (image_socket (image), "", 1, path, job->cancel, error);
  if (!pool)
    return FALSE;
  for (guint i = 0; i < ranges->len; i++) {
    const VerifyRange *range = &g_array_index (ranges, VerifyRange, i);
    int answer = 0; /* -1 when done, else an errno */
    if (!nbd_pool_zero (pool, range->offset, range->length, answered, &answer, error))
      return FALSE;
    while (!answer)
      if (!nbd_pool_poll (&pool, 1, 1000, job->cancel, error))
        return FALSE;
    if (answer > 0) {
      g_autofree char *failed = g_strdup_printf (N_ ("Writing zeroes to %s failed"), path);
      nbd_pool_write_error (failed, answer, error);
      return FALSE;
    }
  }
  return nbd_pool_flush_wait (pool, job->cancel, error);
}
