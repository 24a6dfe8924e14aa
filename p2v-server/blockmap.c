/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blockmap.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "blockmap-file.h"
#include "common/error.h"

struct Blockmap {
  guint8 *file; /* mapped, shared */
  gsize length;
  guint64 size, n_pieces;
};

static guint64
get64 (const guint8 *at)
{
  guint64 value;
  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_LE (value);
}

static guint32
get32 (const guint8 *at)
{
  guint32 value;
  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint8 *
piece_at (const Blockmap *map, guint64 index)
{
  g_assert (index < map->n_pieces);
  return map->file + BLOCKMAP_HEADER + index * BLOCKMAP_PIECE;
}

static const char *
wrong_in_header (const guint8 *header, gsize length)
{
  static const char digest_name[16] = P2V_DIGEST_NAME;
  if (memcmp (header, BLOCKMAP_MAGIC, 8) != 0)
    return "it does not begin as one";
  if (get32 (header + 8) != BLOCKMAP_VERSION)
    return "it has another version";
  if (get32 (header + 12) != P2V_UNIT || memcmp (header + 48, digest_name, 16) != 0)
    return "it uses another unit or digest";
  if ((length - BLOCKMAP_HEADER) % BLOCKMAP_PIECE != 0 ||
      get64 (header + 24) != (length - BLOCKMAP_HEADER) / BLOCKMAP_PIECE)
    return "its length does not fit";
  return NULL;
}

/* Every piece in its place: a damaged map must not make the copy write over
 * good data. */
static const char *
wrong_in_pieces (const Blockmap *map)
{
  guint64 end = 0, bytes[3] = {0};
  for (guint64 i = 0; i < map->n_pieces; i++) {
    const guint8 *raw = piece_at (map, i);
    guint64 offset = get64 (raw);
    guint32 length = get32 (raw + 8);
    if (offset < end || length == 0 || offset >= map->size || length > map->size - offset)
      return "a piece lies outside its place";
    if (offset / P2V_UNIT != (offset + length - 1) / P2V_UNIT)
      return "a piece crosses a unit boundary";
    if (raw[12] < PIECE_SOURCE || raw[12] > PIECE_OVERLAY || raw[13] > PIECE_STALE ||
        raw[14] != 0 || raw[15] != 0)
      return "a piece has an unknown kind or state";
    bytes[raw[12]] += length;
    end = offset + length;
  }
  if (bytes[PIECE_SOURCE] != get64 (map->file + 32) ||
      bytes[PIECE_OVERLAY] != get64 (map->file + 40))
    return "its sums do not fit its pieces";
  return NULL;
}

/* The file at PATH, mapped as FLAGS (open) and PROTECTION (mmap) say; NULL with the
 * reason. */
static guint8 *
map_file (const char *path, int flags, int protection, gsize *length, const char **wrong)
{
  int fd = open (path, flags | O_CLOEXEC);
  struct stat st;
  guint8 *file = NULL;
  if (fd < 0 || fstat (fd, &st) < 0) {
    *wrong = g_strerror (errno);
  } else if (st.st_size < (off_t)BLOCKMAP_HEADER) {
    *wrong = "it is too short";
  } else {
    *length = (gsize)st.st_size;
    file = mmap (NULL, *length, protection, MAP_SHARED, fd, 0);
    if (file == MAP_FAILED) {
      *wrong = g_strerror (errno);
      file = NULL;
    }
  }
  if (fd >= 0)
    close (fd);
  return file;
}

/* SIZE is that of the disk, 0: whatever the file says. */
static Blockmap *
open_checked (const char *path, int flags, int protection, guint64 size, const char **wrong)
{
  g_autoptr (Blockmap) map = g_new0 (Blockmap, 1);
  map->file = map_file (path, flags, protection, &map->length, wrong);
  if (!map->file)
    return NULL;
  *wrong = wrong_in_header (map->file, map->length);
  if (*wrong)
    return NULL;
  map->size = get64 (map->file + 16);
  map->n_pieces = (map->length - BLOCKMAP_HEADER) / BLOCKMAP_PIECE;
  *wrong =
      size && size != map->size ? "it belongs to a disk of another size" : wrong_in_pieces (map);
  return *wrong ? NULL : g_steal_pointer (&map);
}

Blockmap *
blockmap_open (const char *path, guint64 size, GError **error)
{
  const char *wrong = NULL;
  Blockmap *map = open_checked (path, O_RDWR, PROT_READ | PROT_WRITE, size, &wrong);
  if (!map)
    p2v_set_error (error, P2V_ERROR_JOB, "Cancel the job and convert the machine again.",
                   "%s is not a usable block map: %s.", path, wrong);
  return map;
}

Blockmap *
blockmap_open_manifest (const char *path, GError **error)
{
  const char *wrong = NULL;
  g_autoptr (Blockmap) map = open_checked (path, O_RDONLY, PROT_READ, 0, &wrong);
  if (map && !blockmap_is_verified (map))
    wrong = "not all of it was verified";
  if (!wrong)
    return g_steal_pointer (&map);
  p2v_set_error (error, P2V_ERROR_JOB, NULL, "%s is not a usable manifest: %s.", path, wrong);
  return NULL;
}

void
blockmap_free (Blockmap *map)
{
  if (!map)
    return;
  if (map->file)
    munmap (map->file, map->length);
  g_free (map);
}

guint64
blockmap_n_pieces (const Blockmap *map)
{
  return map->n_pieces;
}

guint64
blockmap_disk_size (const Blockmap *map)
{
  return map->size;
}

guint64
blockmap_bytes (const Blockmap *map, PieceKind kind)
{
  return get64 (map->file + (kind == PIECE_SOURCE ? 32 : 40));
}

gboolean
blockmap_is_verified (const Blockmap *map)
{
  for (guint64 i = 0; i < map->n_pieces; i++)
    if (piece_at (map, i)[13] != PIECE_VERIFIED)
      return FALSE;
  return TRUE;
}

guint64
blockmap_cluster_bytes (const Blockmap *map, guint32 cluster)
{
  guint64 bytes = 0, counted = 0; /* everything below COUNTED is */
  for (guint64 i = 0; i < map->n_pieces; i++) {
    const guint8 *raw = piece_at (map, i);
    guint64 start = MAX (get64 (raw) / cluster * cluster, counted);
    guint64 end = (get64 (raw) + get32 (raw + 8) + cluster - 1) / cluster * cluster;
    if (end > start)
      bytes += end - start;
    counted = end;
  }
  return bytes;
}

void
blockmap_get (const Blockmap *map, guint64 index, Piece *piece)
{
  const guint8 *raw = piece_at (map, index);
  *piece = (Piece){
      .offset = get64 (raw),
      .length = get32 (raw + 8),
      .kind = (PieceKind)raw[12],
      .state = (PieceState)raw[13],
  };
  memcpy (piece->digest, raw + 16, P2V_DIGEST_SIZE);
}

void
blockmap_set_digest (Blockmap *map, guint64 index, const guint8 digest[P2V_DIGEST_SIZE])
{
  memcpy (piece_at (map, index) + 16, digest, P2V_DIGEST_SIZE);
}

void
blockmap_set_state (Blockmap *map, guint64 index, PieceState state)
{
  piece_at (map, index)[13] = (guint8)state;
}

void
blockmap_reset (Blockmap *map)
{
  for (guint64 i = 0; i < map->n_pieces; i++)
    blockmap_set_state (map, i, PIECE_PLANNED);
}

gboolean
blockmap_sync (Blockmap *map, GError **error)
{
  if (msync (map->file, map->length, MS_SYNC) == 0)
    return TRUE;
  p2v_set_error (error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                 "Check the storage of the job directory on the conversion server.",
                 "The block map cannot be written: %s.", g_strerror (errno));
  return FALSE;
}
