/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of an export from its two metadata contexts. */
#include "common/error.h"
#include "nbd-pool-private.h"

/* Bytes asked about at a time: the answer to one request is bounded by the
 * server (QEMU: 128 Ki extents), and a stop in between is heard. */
#define MAP_STEP (1ull << 30)

typedef struct {
  guint64 length;
  guint32 value;
} Run;

/* What one block status request was answered. */
typedef struct {
  GArray *base, *depth; /* of Run, each from the request's offset on */
  guint64 offset;
  gboolean done;
  int errnum;
} Answer;

static int
take_extents (void *data, const char *context, uint64_t offset, uint32_t *entries, size_t n_entries,
              int *errnum G_GNUC_UNUSED)
{
  Answer *answer = data;
  if (offset != answer->offset)
    return 0;
  GArray *runs = g_str_equal (context, NBD_DEPTH_CONTEXT) ? answer->depth : answer->base;
  for (gsize i = 0; i + 1 < n_entries; i += 2) {
    Run run = {.length = entries[i], .value = entries[i + 1]};
    g_array_append_val (runs, run);
  }
  return 0;
}

static int
answer_done (void *data, int *errnum)
{
  Answer *answer = data;
  answer->done = TRUE;
  answer->errnum = *errnum;
  return 1;
}

static gboolean
ask (NbdPool *pool, guint64 length, Answer *answer, GCancellable *cancel, GError **error)
{
  struct nbd_handle *handle = pool->lanes[0].handle;
  pool->lanes[0].in_flight++;
  int64_t cookie = nbd_aio_block_status (
      handle, length, answer->offset,
      (nbd_extent_callback){.callback = take_extents, .user_data = answer},
      (nbd_completion_callback){.callback = answer_done, .user_data = answer}, 0);
  if (cookie < 0) {
    p2v_set_error (error, P2V_ERROR_IO, NULL, "%s cannot be asked for its map: %s.", pool->what,
                   nbd_get_error ());
    return FALSE;
  }
  while (!answer->done)
    if (!nbd_pool_poll (&pool, 1, 1000, cancel, error))
      return FALSE;
  pool->lanes[0].in_flight--;
  if (answer->errnum || answer->base->len == 0) {
    p2v_set_error (error, P2V_ERROR_IO, NULL,
                   "%s does not say what is allocated at byte %" G_GUINT64_FORMAT ": %s.",
                   pool->what, answer->offset,
                   answer->errnum ? g_strerror (answer->errnum) : "empty answer");
    return FALSE;
  }
  return TRUE;
}

/* Hands out the ranges in which neither context changes, up to where the
 * shorter of both answers ends.  *END receives that place. */
static gboolean
merge (Answer *answer, guint64 limit, NbdExtentFunc func, gpointer data, guint64 *end,
       GError **error)
{
  guint64 at = answer->offset, base_end = at, depth_end = at;
  guint b = 0, d = 0;
  gboolean has_depth = answer->depth->len > 0;
  while (at < limit) {
    while (base_end <= at && b < answer->base->len)
      base_end += g_array_index (answer->base, Run, b++).length;
    while (has_depth && depth_end <= at && d < answer->depth->len)
      depth_end += g_array_index (answer->depth, Run, d++).length;
    if (base_end <= at || (has_depth && depth_end <= at))
      break;
    guint64 next = MIN (base_end, limit);
    if (has_depth)
      next = MIN (next, depth_end);
    guint32 flags = g_array_index (answer->base, Run, b - 1).value;
    NbdExtent extent = {
        .offset = at,
        .length = next - at,
        .hole = (flags & LIBNBD_STATE_HOLE) != 0,
        .zero = (flags & LIBNBD_STATE_ZERO) != 0,
        .depth = has_depth ? g_array_index (answer->depth, Run, d - 1).value : 0,
    };
    if (!func (&extent, data, error))
      return FALSE;
    at = next;
  }
  *end = at;
  return TRUE;
}

gboolean
nbd_pool_map (NbdPool *pool, NbdExtentFunc func, gpointer data, GCancellable *cancel,
              GError **error)
{
  if (nbd_can_meta_context (pool->lanes[0].handle, LIBNBD_CONTEXT_BASE_ALLOCATION) <= 0) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "%s does not offer a map of its allocation.",
                   pool->what);
    return FALSE;
  }
  g_autoptr (GArray) base = g_array_new (FALSE, FALSE, sizeof (Run));
  g_autoptr (GArray) depth = g_array_new (FALSE, FALSE, sizeof (Run));
  guint64 offset = 0;
  while (offset < pool->size) {
    g_array_set_size (base, 0);
    g_array_set_size (depth, 0);
    Answer answer = {.base = base, .depth = depth, .offset = offset};
    guint64 length = MIN (MAP_STEP, pool->size - offset), end = offset;
    if (!ask (pool, length, &answer, cancel, error))
      return FALSE;
    if (!merge (&answer, offset + length, func, data, &end, error))
      return FALSE;
    if (end == offset) {
      p2v_set_error (error, P2V_ERROR_INTERNAL, NULL,
                     "%s gives no map at byte %" G_GUINT64_FORMAT ".", pool->what, offset);
      return FALSE;
    }
    offset = end;
  }
  return TRUE;
}
