/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block map of one disk: what of it lives, where each piece is read from,
 * its digest, and how far it has come.  The one truth behind copy, verify and
 * resumption; a finished one lies beside the target as its manifest.
 *
 * File, all numbers little endian:
 *   header, 64 bytes
 *      0  8  "p2v-bmap"
 *      8  4  version, 1
 *     12  4  bytes of a unit (P2V_UNIT)
 *     16  8  bytes of the disk
 *     24  8  number of pieces
 *     32  8  bytes of all source pieces
 *     40  8  bytes of all overlay pieces
 *     48 16  name of the digest (P2V_DIGEST_NAME), padded with zero bytes
 *   pieces, 32 bytes each, by ascending offset, none overlapping another and
 *   none crossing a unit boundary; what no piece covers reads as zeroes
 *      0  8  offset
 *      8  4  length
 *     12  1  kind:  1 source, 2 overlay
 *     13  1  state: 0 planned, 1 copied, 2 verified, 3 planned where the target may hold
 *            something else already
 *     14  2  0
 *     16 16  digest of the piece's bytes as they were copied; valid from state 1 on */
#pragma once
#include <glib.h>
#include "common/unit.h"

typedef enum { PIECE_SOURCE = 1, PIECE_OVERLAY = 2 } PieceKind;
typedef enum { PIECE_PLANNED, PIECE_COPIED, PIECE_VERIFIED, PIECE_STALE } PieceState;

typedef struct {
  guint64 offset;
  guint32 length;
  PieceKind kind;
  PieceState state;
  guint8 digest[P2V_DIGEST_SIZE];
} Piece;

/* Is it still to be copied? */
static inline gboolean
piece_is_wanted (const Piece *piece)
{
  return piece->state == PIECE_PLANNED || piece->state == PIECE_STALE;
}

typedef struct Blockmap Blockmap;
typedef struct BlockmapWriter BlockmapWriter;

/* Begins a new map for a disk of SIZE bytes; the file appears under PATH only
 * when the writer is finished. */
BlockmapWriter *blockmap_writer_new (const char *path, guint64 size, GError **error);

/* Adds a segment behind all that were added before; it is cut into pieces. */
gboolean blockmap_writer_add (BlockmapWriter *writer, PieceKind kind, guint64 offset,
                              guint64 length, GError **error);

/* Completes the file on stable storage and puts it in its place. */
gboolean blockmap_writer_finish (BlockmapWriter *writer, GError **error);

/* Removes the unfinished file, if any.  NULL is ignored. */
void blockmap_writer_free (BlockmapWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BlockmapWriter, blockmap_writer_free)

/* Opens a map and checks all of it.  P2V_ERROR_JOB when the file is not a
 * block map for a disk of SIZE bytes or is damaged. */
Blockmap *blockmap_open (const char *path, guint64 size, GError **error);

/* The same read-only, for a disk of any size: the manifest of a finished target.
 * P2V_ERROR_JOB also when a piece of it is not verified. */
Blockmap *blockmap_open_manifest (const char *path, GError **error);
void blockmap_free (Blockmap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Blockmap, blockmap_free)

guint64 blockmap_n_pieces (const Blockmap *map);
guint64 blockmap_disk_size (const Blockmap *map);

/* Bytes of all pieces of KIND. */
guint64 blockmap_bytes (const Blockmap *map, PieceKind kind);

/* TRUE when every piece is PIECE_VERIFIED. */
gboolean blockmap_is_verified (const Blockmap *map);

/* Bytes of a target that is written in aligned clusters of CLUSTER bytes (a
 * divisor of P2V_UNIT): every cluster that a piece touches counts once. */
guint64 blockmap_cluster_bytes (const Blockmap *map, guint32 cluster);

/* Piece INDEX, below blockmap_n_pieces. */
void blockmap_get (const Blockmap *map, guint64 index, Piece *piece);

/* The digest takes effect with the state, which is set only once the piece is
 * on the target's stable storage. */
void blockmap_set_digest (Blockmap *map, guint64 index, const guint8 digest[P2V_DIGEST_SIZE]);
void blockmap_set_state (Blockmap *map, guint64 index, PieceState state);

/* Every piece is planned again: for a new, empty target. */
void blockmap_reset (Blockmap *map);

/* Puts all changes on stable storage. */
gboolean blockmap_sync (Blockmap *map, GError **error);
