/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table of a disk whose first bytes are given and whose others are
 * zero; the first byte chooses the size of sectors. */
#include "fuzz.h"
#include "p2v-server/partition-table.h"

#define SIZE (64u << 20)

typedef struct {
  const guint8 *data;
  gsize size;
  guint reads;
} Disk;

static gboolean
read_disk (void *buffer, guint64 offset, guint length, gpointer data)
{
  Disk *disk = data;
  MUST (++disk->reads < 1000);
  if (offset > SIZE || length > SIZE - offset)
    return FALSE;
  memset (buffer, 0, length);
  if (offset < disk->size)
    memcpy (buffer, disk->data + offset, MIN (length, disk->size - offset));
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size < 1)
    return 0;
  Disk disk = {.data = data + 1, .size = size - 1};
  GArray *live = partition_table_ranges (read_disk, &disk, SIZE, data[0] & 1 ? 4096 : 512);
  if (!live)
    return 0;
  for (guint i = 0; i < live->len; i++) {
    const ByteRange *range = &g_array_index (live, ByteRange, i);
    MUST (range->start < range->end && range->end <= 2 * (guint64)SIZE);
  }
  GArray *gaps = partition_table_gaps (live, SIZE);
  guint64 end = 0;
  for (guint i = 0; i < gaps->len; i++) {
    const ByteRange *range = &g_array_index (gaps, ByteRange, i);
    MUST (range->start >= end && range->start < range->end && range->end <= SIZE);
    end = range->end;
  }
  g_array_unref (gaps);
  g_array_unref (live);
  return 0;
}
