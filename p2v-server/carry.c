/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "carry.h"
#include <glib/gstdio.h>
#include "target/target.h"
#include "verify-zeroes.h"

char *
carry_path (const JobDisk *disk)
{
  return g_strconcat (disk->blockmap, ".old", NULL);
}

void
carry_keep (const JobDisk *disk, gboolean copied)
{
  g_autofree char *old = carry_path (disk);
  if (copied)
    (void)g_rename (disk->blockmap, old);
  else
    (void)g_unlink (disk->blockmap);
}

typedef struct {
  const Blockmap *old;
  guint64 next; /* number of the first piece of OLD that is not behind us */
  GArray *gone; /* VerifyRange: what of OLD is not in the new map */
} Carry;

static void
add_gone (Carry *carry, guint64 start, guint64 end)
{
  if (end > start) {
    VerifyRange range = {start, (guint32)(end - start)};
    g_array_append_val (carry->gone, range);
  }
}

/* Old pieces, or their parts, before START: nothing new lies there.  FROM: the end of the
 * new piece before. */
static void
pass_over (Carry *carry, guint64 from, guint64 start)
{
  for (; carry->next < blockmap_n_pieces (carry->old); carry->next++) {
    Piece piece;
    blockmap_get (carry->old, carry->next, &piece);
    guint64 end = piece.offset + piece.length;
    add_gone (carry, MAX (piece.offset, from), MIN (end, start));
    if (end > start)
      return;
  }
}

/* The target holds for the new piece just what is wanted; or something else, as also a
 * write that nobody waited for may have left it; or nothing. */
static void
judge (const Carry *carry, Blockmap *map, guint64 index, const Piece *piece)
{
  if (carry->next >= blockmap_n_pieces (carry->old))
    return;
  Piece old;
  blockmap_get (carry->old, carry->next, &old);
  if (old.offset >= piece->offset + piece->length)
    return;
  gboolean same = old.offset == piece->offset && old.length == piece->length &&
                  old.kind == PIECE_SOURCE && piece->kind == PIECE_SOURCE;
  if (same && (old.state == PIECE_COPIED || old.state == PIECE_VERIFIED)) {
    blockmap_set_digest (map, index, old.digest);
    blockmap_set_state (map, index, PIECE_COPIED);
  } else {
    blockmap_set_state (map, index, PIECE_STALE);
  }
}

static gboolean
carry_from (Job *job, const JobDisk *disk, const Blockmap *old, Blockmap *map, const char *image,
            GError **error)
{
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (VerifyRange));
  Carry carry = {.old = old, .gone = gone};
  guint64 end = 0;
  for (guint64 i = 0; i < blockmap_n_pieces (map); i++) {
    Piece piece;
    blockmap_get (map, i, &piece);
    pass_over (&carry, end, piece.offset);
    judge (&carry, map, i, &piece);
    end = piece.offset + piece.length;
  }
  pass_over (&carry, end, disk->source->size);
  return blockmap_sync (map, error) &&
         (gone->len == 0 || verify_make_zero (job, disk, image, gone, error));
}

gboolean
carry_over (Job *job, const JobDisk *disk, Blockmap *map, GError **error)
{
  g_autofree char *path = carry_path (disk);
  const char *image = target_temporary (job->target, disk);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (image) {
    g_autoptr (Blockmap) old = blockmap_open (path, disk->source->size, error);
    if (!old || !carry_from (job, disk, old, map, image, error))
      return FALSE;
  }
  (void)g_unlink (path);
  return TRUE;
}
