/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copy.h"

gboolean
copy_crosses_link (const CopyDisk *disk, const Piece *piece)
{
  if (piece->kind != PIECE_SOURCE)
    return FALSE;
  /* A byte for each unit: broker-plugin.h. */
  guint64 unit = piece->offset / P2V_UNIT;
  return !disk->held || unit >= g_mapped_file_get_length (disk->held) ||
         g_mapped_file_get_contents (disk->held)[unit] != 1;
}

void
copy_note (JobDisk *disk, const Piece *piece)
{
  if (piece->kind == PIECE_SOURCE)
    disk->copied_source += piece->length;
  else
    disk->copied_overlay += piece->length;
}

void
copy_count (const CopyDisk *disk, JobProgress *progress)
{
  disk->disk->copied_source = disk->disk->copied_overlay = 0;
  for (guint64 i = 0; i < blockmap_n_pieces (disk->map); i++) {
    Piece piece;
    blockmap_get (disk->map, i, &piece);
    gboolean done = !piece_is_wanted (&piece);
    if (done)
      copy_note (disk->disk, &piece);
    progress->total += piece.length;
    progress->done += done ? piece.length : 0;
    if (copy_crosses_link (disk, &piece)) {
      progress->link_total += piece.length;
      progress->link_done += done ? piece.length : 0;
    }
  }
}
