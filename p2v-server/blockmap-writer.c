/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "blockmap-file.h"
#include "blockmap.h"
#include "common/error.h"

struct BlockmapWriter {
  char *path, *temporary;
  FILE *file;
  guint64 size, end, n_pieces;
  guint64 bytes[3]; /* by PieceKind */
};

static void
put64 (guint8 *at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static void
put32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static gboolean
write_failed (BlockmapWriter *writer, GError **error)
{
  p2v_set_error (error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                 "Check the storage of the job directory on the conversion server.",
                 "%s cannot be written: %s.", writer->temporary, g_strerror (errno));
  return FALSE;
}

static gboolean
write_header (BlockmapWriter *writer)
{
  guint8 header[BLOCKMAP_HEADER] = {0};
  memcpy (header, BLOCKMAP_MAGIC, 8);
  put32 (header + 8, BLOCKMAP_VERSION);
  put32 (header + 12, P2V_UNIT);
  put64 (header + 16, writer->size);
  put64 (header + 24, writer->n_pieces);
  put64 (header + 32, writer->bytes[PIECE_SOURCE]);
  put64 (header + 40, writer->bytes[PIECE_OVERLAY]);
  memcpy (header + 48, P2V_DIGEST_NAME, strlen (P2V_DIGEST_NAME));
  return fwrite (header, sizeof header, 1, writer->file) == 1;
}

BlockmapWriter *
blockmap_writer_new (const char *path, guint64 size, GError **error)
{
  g_autoptr (BlockmapWriter) writer = g_new0 (BlockmapWriter, 1);
  writer->path = g_strdup (path);
  writer->temporary = g_strconcat (path, ".new", NULL);
  writer->size = size;
  writer->file = fopen (writer->temporary, "we");
  /* The header is written again, with its sums, at the end. */
  if (!writer->file || !write_header (writer)) {
    write_failed (writer, error);
    return NULL;
  }
  return g_steal_pointer (&writer);
}

gboolean
blockmap_writer_add (BlockmapWriter *writer, PieceKind kind, guint64 offset, guint64 length,
                     GError **error)
{
  if (offset < writer->end || offset > writer->size || length > writer->size - offset) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL,
                   "The map of the overlay is out of order at byte %" G_GUINT64_FORMAT ".", offset);
    return FALSE;
  }
  guint64 end = offset + length;
  while (offset < end) {
    guint64 next = MIN (end, (offset / P2V_UNIT + 1) * P2V_UNIT);
    guint8 raw[BLOCKMAP_PIECE] = {0};
    put64 (raw, offset);
    put32 (raw + 8, (guint32)(next - offset));
    raw[12] = (guint8)kind;
    raw[13] = PIECE_PLANNED;
    if (fwrite (raw, sizeof raw, 1, writer->file) != 1)
      return write_failed (writer, error);
    writer->n_pieces++;
    writer->bytes[kind] += next - offset;
    offset = next;
  }
  writer->end = end;
  return TRUE;
}

gboolean
blockmap_writer_finish (BlockmapWriter *writer, GError **error)
{
  if (fseeko (writer->file, 0, SEEK_SET) != 0 || !write_header (writer) ||
      fflush (writer->file) != 0 || fdatasync (fileno (writer->file)) != 0 ||
      rename (writer->temporary, writer->path) != 0)
    return write_failed (writer, error);
  g_clear_pointer (&writer->temporary, g_free);
  return TRUE;
}

void
blockmap_writer_free (BlockmapWriter *writer)
{
  if (!writer)
    return;
  if (writer->file)
    fclose (writer->file);
  if (writer->temporary)
    (void)unlink (writer->temporary);
  g_free (writer->temporary);
  g_free (writer->path);
  g_free (writer);
}
