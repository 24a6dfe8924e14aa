/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block map's file: what is accepted lies within the disk, in order. */
#include "fuzz.h"
#include "p2v-server/blockmap.h"

#define SIZE (1u << 20)

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  char path[64];
  int fd = fuzz_file (data, size, path);
  g_autoptr (Blockmap) map = blockmap_open (path, SIZE, NULL);
  close (fd);
  if (!map)
    return 0;
  guint64 end = 0, bytes = 0;
  for (guint64 i = 0; i < blockmap_n_pieces (map); i++) {
    Piece piece;
    blockmap_get (map, i, &piece);
    MUST (piece.offset >= end && piece.length > 0 && piece.length <= P2V_UNIT);
    end = piece.offset + piece.length;
    bytes += piece.length;
    blockmap_set_digest (map, i, piece.digest);
    blockmap_set_state (map, i, PIECE_COPIED);
  }
  MUST (end <= SIZE);
  MUST (bytes == blockmap_bytes (map, PIECE_SOURCE) + blockmap_bytes (map, PIECE_OVERLAY));
  MUST (blockmap_cluster_bytes (map, 4096) >= bytes);
  return 0;
}
