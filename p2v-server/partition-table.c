/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <zlib.h>
#include "partition-table.h"

/* Kept at the beginning: GRUB's image behind the boot sector is loaded below
 * 640 KiB and cannot be larger than this.  Kept at the end: RAID signatures of
 * old formats, 64 to 128 KiB; GPT's copy is found by its header.  Windows's
 * dynamic disks keep their database in the last MiB of a disk with a DOS table;
 * they are left alone as a whole, for keeping a MiB of every disk would have the
 * copy read, at the end of each, the whole of what may be read of a gap.
 * Kept for a boot record: one block of the overlay. */
#define FIRST  (512 * 1024)
#define LAST   (128 * 1024)
#define RECORD 4096

/* DOS: four entries of 16 bytes, type at 4, first sector at 8, sectors at 12. */
#define DOS_ENTRIES  446
#define DOS_ENTRY    16
#define TYPE_DYNAMIC 0x42
#define TYPE_GPT     0xee
#define LOGICAL_MOST 256

/* UEFI specification 5.3.2: header in sector 1, at least 92 bytes long. */
#define GPT_SIGNATURE "EFI PART"
#define GPT_SECTOR    1
#define GPT_HEADER    92
#define GPT_MOST      1024

typedef struct {
  DiskRead read;
  gpointer data;
  guint64 size;
  guint sector;
} Disk;

/* What a GPT's header says; places in sectors. */
typedef struct {
  guint64 alternate, first_usable, last_usable, table;
  guint32 count, size, checksum; /* of the entries */
} Gpt;

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
add_range (GArray *ranges, guint64 start, guint64 end)
{
  ByteRange range = {start, end};
  if (start < end)
    g_array_append_val (ranges, range);
}

/* Old tools make a table one sector longer than its disk. */
static gboolean
is_within (const Disk *disk, guint64 end)
{
  return end <= disk->size + disk->sector;
}

static gboolean
has_signature (const guint8 *record)
{
  return record[510] == 0x55 && record[511] == 0xaa;
}

/* Adds a DOS entry whose first sector counts from BASE (bytes); FALSE when it
 * leads off the disk. */
static gboolean
add_entry (const Disk *disk, const guint8 *entry, guint64 base, GArray *ranges)
{
  guint64 start = base + (guint64)le32 (entry + 8) * disk->sector;
  guint64 end = start + (guint64)le32 (entry + 12) * disk->sector;
  add_range (ranges, start, end);
  return is_within (disk, end);
}

/* Logical partitions hang on a chain of boot records, wherever fdisk put
 * them: of a record's four entries one leads to the next record, relative to the
 * extended partition, and the others (by custom one, and the first, but the
 * kernel takes any) are partitions, relative to the record. */
static gboolean
add_logical (const Disk *disk, guint64 start, guint64 end, GArray *ranges)
{
  guint64 at = start;
  for (guint n = 0; n < LOGICAL_MOST; n++) {
    guint8 record[512];
    const guint8 *next = NULL;
    if (at < start || at >= end || !disk->read (record, at, sizeof record, disk->data) ||
        !has_signature (record))
      return FALSE;
    add_range (ranges, at, at + RECORD);
    for (guint i = 0; i < 4; i++) {
      const guint8 *entry = record + DOS_ENTRIES + i * DOS_ENTRY;
      if (!entry[4] || !le32 (entry + 12))
        continue;
      if (is_extended (entry[4]) ? next != NULL : !add_entry (disk, entry, at, ranges))
        return FALSE;
      if (is_extended (entry[4]))
        next = entry;
    }
    if (!next || !le32 (next + 8))
      return TRUE;
    at = start + (guint64)le32 (next + 8) * disk->sector;
  }
  return FALSE;
}

static guint64
table_sectors (const Disk *disk, const Gpt *gpt)
{
  return ((guint64)gpt->count * gpt->size + disk->sector - 1) / disk->sector;
}

/* A header of a GPT at sector PLACE that is what it was when it was written. */
static gboolean
read_gpt (const Disk *disk, guint64 place, Gpt *gpt)
{
  guint8 header[512];
  guint64 sectors = disk->size / disk->sector;
  if (place >= sectors || !disk->read (header, place * disk->sector, sizeof header, disk->data) ||
      memcmp (header, GPT_SIGNATURE, strlen (GPT_SIGNATURE)))
    return FALSE;
  guint32 length = le32 (header + 12), checksum = le32 (header + 16);
  if (length < GPT_HEADER || length > sizeof header)
    return FALSE;
  memset (header + 16, 0, 4); /* it counts as zero in itself */
  if (crc32 (0, header, length) != checksum || le64 (header + 24) != place)
    return FALSE;
  *gpt = (Gpt){.alternate = le64 (header + 32),
               .first_usable = le64 (header + 40),
               .last_usable = le64 (header + 48),
               .table = le64 (header + 72),
               .count = le32 (header + 80),
               .size = le32 (header + 84),
               .checksum = le32 (header + 88)};
  return gpt->count && gpt->count <= GPT_MOST && gpt->size >= 128 && gpt->size <= 4096 &&
         gpt->last_usable < sectors && gpt->table > GPT_SECTOR && gpt->table < sectors &&
         table_sectors (disk, gpt) <= sectors - gpt->table;
}

static void
add_gpt_table (const Disk *disk, const Gpt *gpt, GArray *ranges)
{
  add_range (ranges, gpt->table * disk->sector,
             (gpt->table + table_sectors (disk, gpt)) * disk->sector);
}

/* The copy is usually in the last sectors, or, on a disk that has grown, where
 * they were.  It may be damaged; but one that is sound and says something else
 * means that one of the two is old, and nobody knows which. */
static gboolean
add_gpt_copy (const Disk *disk, const Gpt *gpt, GArray *ranges)
{
  Gpt copy;
  if (gpt->alternate < disk->size / disk->sector)
    add_range (ranges, gpt->alternate * disk->sector, (gpt->alternate + 1) * disk->sector);
  if (!read_gpt (disk, gpt->alternate, &copy))
    return TRUE;
  add_gpt_table (disk, &copy, ranges);
  return copy.count == gpt->count && copy.size == gpt->size && copy.checksum == gpt->checksum;
}

static gboolean
add_gpt (const Disk *disk, GArray *ranges)
{
  Gpt gpt;
  if (!read_gpt (disk, GPT_SECTOR, &gpt) || !add_gpt_copy (disk, &gpt, ranges))
    return FALSE;
  guint length = gpt.count * gpt.size;
  g_autofree guint8 *entries = g_malloc (length);
  if (!disk->read (entries, gpt.table * disk->sector, length, disk->data) ||
      crc32 (0, entries, length) != gpt.checksum)
    return FALSE;
  static const guint8 unused[16];
  for (guint32 i = 0; i < gpt.count; i++) {
    const guint8 *entry = entries + (gsize)i * gpt.size;
    if (!memcmp (entry, unused, sizeof unused))
      continue;
    guint64 first = le64 (entry + 32), last = le64 (entry + 40);
    if (first < gpt.first_usable || last < first || last > gpt.last_usable)
      return FALSE;
    add_range (ranges, first * disk->sector, (last + 1) * disk->sector);
  }
  add_gpt_table (disk, &gpt, ranges);
  return TRUE;
}

static gboolean
add_dos (const Disk *disk, const guint8 *record, GArray *ranges)
{
  guint entries = 0;
  for (guint i = 0; i < 4; i++) {
    const guint8 *entry = record + DOS_ENTRIES + i * DOS_ENTRY;
    if (!entry[4])
      continue;
    guint64 start = (guint64)le32 (entry + 8) * disk->sector;
    guint64 end = start + (guint64)le32 (entry + 12) * disk->sector;
    /* a file system's own boot sector has the same signature, but no such entries */
    if ((entry[0] & 0x7f) || !start || !is_within (disk, end) || entry[4] == TYPE_DYNAMIC)
      return FALSE;
    entries++;
    if (is_extended (entry[4]) ? !add_logical (disk, start, end, ranges)
                               : !add_entry (disk, entry, 0, ranges))
      return FALSE;
  }
  return entries > 0;
}

/* A DOS table that only protects a GPT; or one with some of its partitions
 * again ("hybrid"), or others, which are kept. */
static gboolean
is_protective (const guint8 *record)
{
  for (guint i = 0; i < 4; i++)
    if (record[DOS_ENTRIES + i * DOS_ENTRY + 4] == TYPE_GPT)
      return TRUE;
  return FALSE;
}

static gboolean
add_hybrid (const Disk *disk, const guint8 *record, GArray *ranges)
{
  for (guint i = 0; i < 4; i++) {
    const guint8 *entry = record + DOS_ENTRIES + i * DOS_ENTRY;
    if (entry[4] && entry[4] != TYPE_GPT && !add_entry (disk, entry, 0, ranges))
      return FALSE;
  }
  return TRUE;
}

GArray *
partition_table_ranges (DiskRead read, gpointer data, guint64 size, guint sector)
{
  const Disk disk = {read, data, size, sector};
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (ByteRange));
  guint8 record[512];
  if (size < FIRST + LAST || !read (record, 0, sizeof record, data) || !has_signature (record))
    return NULL;
  gboolean understood = is_protective (record)
                            ? add_hybrid (&disk, record, ranges) && add_gpt (&disk, ranges)
                            : add_dos (&disk, record, ranges);
  return understood ? g_steal_pointer (&ranges) : NULL;
}

static gint
by_start (gconstpointer a, gconstpointer b)
{
  const ByteRange *first = a, *second = b;
  return first->start < second->start ? -1 : first->start > second->start;
}

gboolean
partition_table_covers (GArray *live, ByteRange range)
{
  g_array_sort (live, by_start);
  for (guint i = 0; i < live->len && range.start < range.end; i++) {
    const ByteRange *piece = &g_array_index (live, ByteRange, i);
    if (piece->start <= range.start)
      range.start = MAX (range.start, piece->end);
  }
  return range.start >= range.end;
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
    add_range (gaps, at, MIN (range->start, last));
    at = MAX (at, range->end);
  }
  add_range (gaps, at, last);
  return gaps;
}
