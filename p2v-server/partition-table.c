/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "partition-table.h"

/* Kept at the beginning: GRUB's image behind the boot sector is loaded below
 * 640 KiB and cannot be larger than this.  Kept at the end: GPT's copy takes
 * 33 sectors, RAID signatures of old formats 64 to 128 KiB.  Kept for a boot
 * record: one block of the overlay. */
#define FIRST  (512 * 1024)
#define LAST   (128 * 1024)
#define RECORD 4096

/* DOS: four entries of 16 bytes, type at 4, first sector at 8, sectors at 12. */
#define DOS_ENTRIES  446
#define DOS_ENTRY    16
#define TYPE_GPT     0xee
#define LOGICAL_MOST 256

/* UEFI specification 5.3.2: header in sector 1. */
#define GPT_SIGNATURE "EFI PART"
#define GPT_MOST      1024

static guint32
le32 (const guint8 *at)
{
  guint32 value;
  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
le64 (const guint8 *at)
{
  guint64 value;
  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_LE (value);
}

/* Extended partitions by type: DOS, LBA, Linux. */
static gboolean
is_extended (guint8 type)
{
  return type == 0x05 || type == 0x0f || type == 0x85;
}

static void
add_range (GArray *ranges, guint64 start, guint64 end, guint part)
{
  ByteRange range = {start, end, part};
  if (start < end)
    g_array_append_val (ranges, range);
}

static gboolean
has_signature (const guint8 *record)
{
  return record[510] == 0x55 && record[511] == 0xaa;
}

/* Logical partitions hang on a chain of boot records, wherever fdisk put
 * them: a record's first entry is its partition, relative to the record, the
 * second the next record, relative to the extended partition. */
static gboolean
add_logical (DiskRead read, gpointer data, guint64 start, guint64 end, guint sector, GArray *ranges)
{
  guint64 at = start;
  guint part = 5; /* Linux's number of the first logical partition */
  for (guint n = 0; n < LOGICAL_MOST; n++) {
    guint8 record[512];
    if (at < start || at >= end || !read (record, at, sizeof record, data) ||
        !has_signature (record))
      return FALSE;
    add_range (ranges, at, at + RECORD, 0);
    const guint8 *entry = record + DOS_ENTRIES;
    if (entry[4]) {
      guint64 first = at + (guint64)le32 (entry + 8) * sector;
      add_range (ranges, first, first + (guint64)le32 (entry + 12) * sector, part++);
    }
    const guint8 *next = entry + DOS_ENTRY;
    if (!next[4] || !le32 (next + 8))
      return TRUE;
    at = start + (guint64)le32 (next + 8) * sector;
  }
  return FALSE;
}

static gboolean
add_gpt (DiskRead read, gpointer data, guint64 size, guint sector, GArray *ranges)
{
  guint64 sectors = size / sector;
  guint8 header[512];
  if (!read (header, sector, sizeof header, data) ||
      memcmp (header, GPT_SIGNATURE, strlen (GPT_SIGNATURE)))
    return FALSE;
  guint32 count = le32 (header + 80), length = le32 (header + 84);
  if (!count || count > GPT_MOST || length < 128 || length > 4096 || le64 (header + 72) >= sectors)
    return FALSE;
  guint64 table = le64 (header + 72) * sector;
  g_autofree guint8 *entries = g_malloc ((gsize)count * length);
  if (!read (entries, table, count * length, data))
    return FALSE;
  static const guint8 unused[16];
  for (guint32 i = 0; i < count; i++) {
    const guint8 *entry = entries + (gsize)i * length;
    guint64 first = le64 (entry + 32), last = le64 (entry + 40);
    if (!memcmp (entry, unused, sizeof unused))
      continue;
    /* Beyond the disk: whatever that is, the rest is not to be believed either. */
    if (first > last || last >= sectors)
      return FALSE;
    add_range (ranges, first * sector, (last + 1) * sector, i + 1);
  }
  add_range (ranges, table, table + (guint64)count * length, 0);
  return TRUE;
}

GArray *
partition_table_ranges (DiskRead read, gpointer data, guint64 size, guint sector)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (ByteRange));
  guint8 record[512];
  if (size < FIRST + LAST || !read (record, 0, sizeof record, data) || !has_signature (record))
    return NULL;
  guint entries = 0;
  for (guint i = 0; i < 4; i++) {
    const guint8 *entry = record + DOS_ENTRIES + i * DOS_ENTRY;
    if (!entry[4])
      continue;
    if (entry[4] == TYPE_GPT)
      return add_gpt (read, data, size, sector, ranges) ? g_steal_pointer (&ranges) : NULL;
    guint64 start = (guint64)le32 (entry + 8) * sector;
    guint64 end = start + (guint64)le32 (entry + 12) * sector;
    /* a file system's own boot sector has the same signature, but no such entries */
    if ((entry[0] & 0x7f) || !start || end > size + sector)
      return NULL;
    entries++;
    if (!is_extended (entry[4]))
      add_range (ranges, start, end, i + 1);
    else if (!add_logical (read, data, start, end, sector, ranges))
      return NULL;
  }
  return entries ? g_steal_pointer (&ranges) : NULL;
}

static gint
by_start (gconstpointer a, gconstpointer b)
{
  const ByteRange *first = a, *second = b;
  return first->start < second->start ? -1 : first->start > second->start;
}

GArray *
partition_table_gaps (GArray *live, guint64 size)
{
  GArray *gaps = g_array_new (FALSE, FALSE, sizeof (ByteRange));
  if (size <= FIRST + LAST)
    return gaps;
  g_array_sort (live, by_start);
  guint64 at = FIRST, last = size - LAST;
  for (guint i = 0; i < live->len; i++) {
    const ByteRange *range = &g_array_index (live, ByteRange, i);
    add_range (gaps, at, MIN (range->start, last), 0);
    at = MAX (at, range->end);
  }
  add_range (gaps, at, last, 0);
  return gaps;
}
