/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify-manifest.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "flow.h"
#include "image.h"
#include "ranges.h"
#include "verify-zeroes.h"

#define CONNECTIONS 4

/* The header of qcow2 (docs/interop/qcow2.txt of QEMU), numbers big endian. */
#define QCOW2_HEADER        80u
#define QCOW2_MAGIC         "QFI\xfb"
#define QCOW2_BACKING_AT    8u
#define QCOW2_SIZE_AT       24u
#define QCOW2_FEATURES_AT   72u
#define QCOW2_EXTERNAL_DATA (1ull << 2)

typedef struct {
  const VerifyManifest *order;
  Image *image;
  NbdPool *pool;
  GArray *zeroes; /* VerifyRange: to be read and found zero */
  GArray *bad;
  guint64 next, done, total;
} Check;

/* Pieces first, then ZEROES. */
static gboolean
next_item (FlowSlot *slot, gpointer data)
{
  Check *check = data;
  if (check->next >= blockmap_n_pieces (check->order->manifest) + check->zeroes->len)
    return FALSE;
  slot->index = check->next++;
  return TRUE;
}

/* What is compared at INDEX; TRUE for a piece, FALSE for what has to be zero. */
static gboolean
item_at (const Check *check, guint64 index, Piece *item)
{
  guint64 pieces = blockmap_n_pieces (check->order->manifest);
  if (index < pieces) {
    blockmap_get (check->order->manifest, index, item);
    return TRUE;
  }
  const VerifyRange *range = &g_array_index (check->zeroes, VerifyRange, index - pieces);
  *item = (Piece){.offset = range->offset, .length = range->length};
  return FALSE;
}

static gboolean
is_good (const Piece *item, gboolean piece, const guint8 *data)
{
  if (!piece)
    return verify_is_zero (data, item->length);
  guint8 found[P2V_DIGEST_SIZE];
  p2v_digest (data, item->length, found);
  return memcmp (found, item->digest, sizeof found) == 0;
}

static FlowResult
check_step (FlowSlot *slot, gpointer data, GError **error)
{
  Check *check = data;
  const VerifyManifest *order = check->order;
  Piece item;
  gboolean piece = item_at (check, slot->index, &item);
  if (slot->step == 0)
    return nbd_pool_read (check->pool, slot->data, item.offset, item.length, flow_done, slot, error)
               ? FLOW_WAITING
               : FLOW_FAILED;
  if (slot->errnum) {
    p2v_set_error (error, P2V_ERROR_IO, "Check its storage.",
                   "%s cannot be read at byte %" G_GUINT64_FORMAT ": %s.", order->image,
                   item.offset, g_strerror (slot->errnum));
    return FLOW_FAILED;
  }
  if (!is_good (&item, piece, slot->data))
    ranges_add (check->bad, item.offset, item.length);
  check->done += item.length;
  order->progress (check->done, check->total, order->data);
  return FLOW_FINISHED;
}

static void
close_pool (gpointer data)
{
  Check *check = data;
  g_clear_pointer (&check->pool, nbd_pool_free);
}

static gboolean
open_image (Check *check, GError **error)
{
  const VerifyManifest *order = check->order;
  check->image = image_serve (order->dir, "check", order->image, order->format, IMAGE_CHECK, FALSE,
                              order->cancel, error);
  if (!check->image)
    return FALSE;
  check->pool = nbd_pool_open (image_socket (check->image), "", CONNECTIONS, order->image,
                               order->cancel, error);
  if (!check->pool)
    return FALSE;
  guint64 size = nbd_pool_size (check->pool), wanted = blockmap_disk_size (order->manifest);
  if (size == wanted)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_TARGET, NULL,
                 "%s differs from its manifest: it is a disk of %" G_GUINT64_FORMAT
                 " bytes, the manifest's has %" G_GUINT64_FORMAT ".",
                 order->image, size, wanted);
  return FALSE;
}

static gboolean
run_check (Check *check, GError **error)
{
  const VerifyManifest *order = check->order;
  if (!open_image (check, error) ||
      !verify_find_zeroes (check->pool, order->manifest, check->zeroes, order->cancel, error))
    return FALSE;
  check->total = blockmap_bytes (order->manifest, PIECE_SOURCE) +
                 blockmap_bytes (order->manifest, PIECE_OVERLAY);
  for (guint i = 0; i < check->zeroes->len; i++)
    check->total += g_array_index (check->zeroes, VerifyRange, i).length;
  Flow flow = {
      .pools = &check->pool, .n_pools = 1, .next = next_item, .step = check_step, .data = check};
  return flow_run (&flow, close_pool, order->cancel, error);
}

gboolean
verify_manifest (const VerifyManifest *verify, GArray *bad, guint64 *compared, GError **error)
{
  Check check = {
      .order = verify,
      .zeroes = g_array_new (FALSE, FALSE, sizeof (VerifyRange)),
      .bad = bad,
  };
  gboolean ok = run_check (&check, error);
  close_pool (&check);
  image_close (check.image);
  g_array_unref (check.zeroes);
  ranges_merge (bad);
  *compared = check.done;
  return ok;
}

static guint64
get_be64 (const guint8 *at)
{
  guint64 value;
  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_BE (value);
}

const char *
verify_image_format (const char *path, guint64 size, GError **error)
{
  guint8 header[QCOW2_HEADER] = {0};
  struct stat st = {0};
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize n = fd >= 0 && fstat (fd, &st) == 0 ? pread (fd, header, sizeof header, 0) : -1;
  int saved = errno;
  if (fd >= 0)
    close (fd);
  if (n < 0) {
    p2v_set_error (error, P2V_ERROR_IO, NULL, "%s cannot be read: %s.", path, g_strerror (saved));
    return NULL;
  }
  gboolean alone =
      get_be64 (header + QCOW2_BACKING_AT) == 0 &&
      (header[7] < 3 || !(get_be64 (header + QCOW2_FEATURES_AT) & QCOW2_EXTERNAL_DATA));
  gboolean fits = get_be64 (header + QCOW2_SIZE_AT) == size;
  if (memcmp (header, QCOW2_MAGIC, 4) != 0 || (!fits && (!alone || (guint64)st.st_size == size)))
    return "raw";
  if (alone)
    return "qcow2";
  p2v_set_error (error, P2V_ERROR_TARGET, NULL,
                 "%s refers to other files (a backing file or a data file), which no image has "
                 "that p2v made.",
                 path);
  return NULL;
}
