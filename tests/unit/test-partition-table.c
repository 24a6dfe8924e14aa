/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables and what lies between partitions. */
#include <string.h>
#include <zlib.h>
#include "unit.h"
#include "p2v-server/partition-table.h"

#define KIB  1024u
#define MIB  (KIB * KIB)
#define SIZE (64 * MIB)

typedef struct {
  guint8 *bytes;
} Disk;

static gboolean
read_disk (void *buffer, guint64 offset, guint length, gpointer data)
{
  Disk *disk = data;
  if (offset + length > SIZE)
    return FALSE;
  memcpy (buffer, disk->bytes + offset, length);
  return TRUE;
}

static void
put32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, 4);
}

static void
put64 (guint8 *at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, 8);
}

/* Entry N of the DOS table in the record at RECORD; sectors of 512 bytes. */
static void
dos_entry (Disk *disk, guint64 record, guint n, guint8 type, guint32 first, guint32 count)
{
  guint8 *entry = disk->bytes + record + 446 + n * 16;
  entry[4] = type;
  put32 (entry + 8, first);
  put32 (entry + 12, count);
  disk->bytes[record + 510] = 0x55;
  disk->bytes[record + 511] = 0xaa;
}

static int
setup (void **state)
{
  Disk *disk = g_new0 (Disk, 1);
  disk->bytes = g_malloc0 (SIZE);
  *state = disk;
  return 0;
}

static int
teardown (void **state)
{
  Disk *disk = *state;
  g_free (disk->bytes);
  g_free (disk);
  return 0;
}

/* WANTED: "START-END …" in KiB, what is dead. */
static void
check (Disk *disk, guint sector, const char *wanted)
{
  g_autoptr (GArray) live = partition_table_ranges (read_disk, disk, SIZE, sector);
  if (!wanted) {
    assert_null (live);
    return;
  }
  assert_non_null (live);
  g_autoptr (GArray) gaps = partition_table_gaps (live, SIZE);
  g_autoptr (GString) found = g_string_new (NULL);
  for (guint i = 0; i < gaps->len; i++) {
    const ByteRange *range = &g_array_index (gaps, ByteRange, i);
    g_string_append_printf (found, "%s%u-%u", i ? " " : "", (guint)(range->start / KIB),
                            (guint)(range->end / KIB));
  }
  assert_string_equal (found->str, wanted);
}

static void
test_none (void **state)
{
  Disk *disk = *state;
  check (disk, 512, NULL);
  disk->bytes[510] = 0x55, disk->bytes[511] = 0xaa;
  check (disk, 512, NULL);
}

static void
test_dos (void **state)
{
  dos_entry (*state, 0, 0, 0x83, 2048, 20480); /* 1-11 MiB */
  dos_entry (*state, 0, 2, 0x83, 40960, 2048); /* 20-21 MiB */
  check (*state, 512, "512-1024 11264-20480 21504-65408");
}

static void
test_dos_to_the_end (void **state)
{
  dos_entry (*state, 0, 0, 0x8e, 63, SIZE / 512 - 63);
  check (*state, 512, "");
}

static void
test_logical (void **state)
{
  Disk *disk = *state;
  dos_entry (disk, 0, 0, 0x83, 2048, 20480);         /* 1-11 MiB */
  dos_entry (disk, 0, 1, 0x05, 24576, 81920);        /* extended: 12-52 MiB */
  dos_entry (disk, 12 * MIB, 0, 0x83, 2048, 4096);   /* 13-15 MiB */
  dos_entry (disk, 12 * MIB, 1, 0x05, 16384, 20480); /* next record at 20 MiB */
  dos_entry (disk, 20 * MIB, 0, 0x82, 2048, 2048);   /* 21-22 MiB */
  check (disk, 512, "512-1024 11264-12288 12292-13312 15360-20480 20484-21504 22528-65408");
}

static void
test_broken_chain (void **state)
{
  Disk *disk = *state;
  dos_entry (disk, 0, 0, 0x83, 2048, 20480);
  dos_entry (disk, 0, 1, 0x05, 24576, 81920);
  check (disk, 512, NULL); /* no record at 12 MiB */
  dos_entry (disk, 12 * MIB, 0, 0x83, 2048, 4096);
  dos_entry (disk, 12 * MIB, 1, 0x05, 200000, 20480); /* beyond the end */
  check (disk, 512, NULL);
  dos_entry (disk, 12 * MIB, 1, 0x05, 16384, 20480);
  dos_entry (disk, 20 * MIB, 1, 0x05, 16384, 20480); /* points to itself */
  check (disk, 512, NULL);
}

static void
test_boot_sector (void **state)
{
  /* a FAT file system over the whole disk: code where the entries would be */
  Disk *disk = *state;
  memset (disk->bytes + 446, 0x6e, 64);
  disk->bytes[510] = 0x55, disk->bytes[511] = 0xaa;
  check (disk, 512, NULL);
}

static void
test_logical_other_entries (void **state)
{
  /* the kernel takes a partition from any entry of a record */
  Disk *disk = *state;
  dos_entry (disk, 0, 1, 0x05, 24576, 81920);        /* extended: 12-52 MiB */
  dos_entry (disk, 12 * MIB, 0, 0x83, 2048, 4096);   /* 13-15 MiB */
  dos_entry (disk, 12 * MIB, 1, 0x05, 16384, 20480); /* next record at 20 MiB */
  dos_entry (disk, 12 * MIB, 2, 0x83, 6144, 2048);   /* 15-16 MiB */
  dos_entry (disk, 20 * MIB, 1, 0x82, 2048, 2048);   /* 21-22 MiB */
  dos_entry (disk, 20 * MIB, 3, 0x83, 20480, 2048);  /* 30-31 MiB */
  check (disk, 512, "512-12288 12292-13312 16384-20480 20484-21504 22528-30720 31744-65408");
  dos_entry (disk, 12 * MIB, 3, 0x05, 40960, 20480); /* where does the chain go? */
  check (disk, 512, NULL);
}

static void
test_dynamic (void **state)
{
  dos_entry (*state, 0, 0, 0x42, 63, 122880);
  check (*state, 512, NULL);
}

#define GPT_LAST(sector) (SIZE / (sector)-1)

/* Makes the checksums of the GPT whose header is at sector AT right. */
static void
seal (Disk *disk, guint sector, guint64 at)
{
  guint8 *header = disk->bytes + at * sector;
  guint64 table;
  memcpy (&table, header + 72, 8);
  put32 (header + 88, (guint32)crc32 (0, disk->bytes + table * sector, 128 * 128));
  put32 (header + 16, 0);
  put32 (header + 16, (guint32)crc32 (0, header, 92));
}

/* Partition N (a third entry apart), in MiB. */
static void
gpt_entry (Disk *disk, guint sector, guint64 table, guint n, guint64 start, guint64 end)
{
  guint8 *entry = disk->bytes + table * sector + (gsize)n * 3 * 128;
  entry[0] = 0xaf;
  put64 (entry + 32, start * MIB / sector);
  put64 (entry + 40, end * MIB / sector - 1);
}

/* One header with its table; partitions at 1-2 and 30-40 MiB. */
static void
gpt_half (Disk *disk, guint sector, guint64 at, guint64 alternate, guint64 table)
{
  guint8 *header = disk->bytes + at * sector;
  guint64 sectors = 128 * 128 / sector;
  memcpy (header, "EFI PART", 8);
  put32 (header + 12, 92);
  put64 (header + 24, at);
  put64 (header + 32, alternate);
  put64 (header + 40, 2 + sectors);
  put64 (header + 48, GPT_LAST (sector) - 1 - sectors);
  put64 (header + 72, table);
  put32 (header + 80, 128);
  put32 (header + 84, 128);
  gpt_entry (disk, sector, table, 0, 1, 2);
  gpt_entry (disk, sector, table, 1, 30, 40);
  seal (disk, sector, at);
}

static void
gpt (Disk *disk, guint sector)
{
  guint64 last = GPT_LAST (sector);
  dos_entry (disk, 0, 0, 0xee, 1, 0xffffffff);
  gpt_half (disk, sector, 1, last, 2);
  gpt_half (disk, sector, last, 1, last - 128 * 128 / sector);
}

static void
test_gpt (void **state)
{
  gpt (*state, 512);
  check (*state, 512, "512-1024 2048-30720 40960-65408");
}

static void
test_gpt_4k (void **state)
{
  gpt (*state, 4096);
  check (*state, 4096, "512-1024 2048-30720 40960-65408");
  check (*state, 512, NULL);
}

static void
test_gpt_checksums (void **state)
{
  Disk *disk = *state;
  gpt (disk, 512);
  disk->bytes[2 * 512 + 3 * 128 + 33] ^= 1; /* an entry */
  check (disk, 512, NULL);
  disk->bytes[2 * 512 + 3 * 128 + 33] ^= 1;
  disk->bytes[512 + 72] ^= 1; /* the header: where the entries are */
  check (disk, 512, NULL);
  disk->bytes[512 + 72] ^= 1;
  check (disk, 512, "512-1024 2048-30720 40960-65408");
  put32 (disk->bytes + 512 + 12, 4096); /* a length that is not there */
  check (disk, 512, NULL);
}

static void
test_gpt_bounds (void **state)
{
  Disk *disk = *state;
  gpt (disk, 512);
  gpt_entry (disk, 512, 2, 1, 30, 65); /* beyond the disk, with sums that are right */
  memset (disk->bytes + SIZE - 512, 0, 512);
  seal (disk, 512, 1);
  check (disk, 512, NULL);
  gpt_entry (disk, 512, 2, 1, 30, 20);
  seal (disk, 512, 1);
  check (disk, 512, NULL);
  gpt_entry (disk, 512, 2, 1, 30, 40);
  put64 (disk->bytes + 512 + 72, G_MAXUINT64 / 512); /* the table */
  put32 (disk->bytes + 512 + 16, 0);
  put32 (disk->bytes + 512 + 16, (guint32)crc32 (0, disk->bytes + 512, 92));
  check (disk, 512, NULL);
}

static void
test_gpt_copy (void **state)
{
  Disk *disk = *state;
  gpt (disk, 512);
  /* an old copy: which of the two is true? */
  gpt_entry (disk, 512, GPT_LAST (512) - 32, 1, 20, 25);
  seal (disk, 512, GPT_LAST (512));
  check (disk, 512, NULL);
  /* a damaged one does not matter */
  disk->bytes[SIZE - 512 + 30] ^= 1;
  check (disk, 512, "512-1024 2048-30720 40960-65408");
}

static void
test_gpt_grown (void **state)
{
  /* the disk was 50 MiB when its table was made: its copy is still there */
  Disk *disk = *state;
  guint64 last = 50 * MIB / 512 - 1;
  dos_entry (disk, 0, 0, 0xee, 1, 0xffffffff);
  gpt_half (disk, 512, 1, last, 2);
  gpt_half (disk, 512, last, 1, last - 32);
  check (disk, 512, "512-1024 2048-30720 40960-51183 51200-65408");
}

static void
test_gpt_hybrid (void **state)
{
  Disk *disk = *state;
  gpt (disk, 512);
  dos_entry (disk, 0, 1, 0x07, 40960, 20480); /* 20-30 MiB, which GPT does not have */
  check (disk, 512, "512-1024 2048-20480 40960-65408");
}

static void
test_covers (void **state G_GNUC_UNUSED)
{
  g_autoptr (GArray) live = g_array_new (FALSE, FALSE, sizeof (ByteRange));
  const ByteRange pieces[] = {{30, 40}, {10, 20}, {15, 30}};
  g_array_append_vals (live, pieces, G_N_ELEMENTS (pieces));
  assert_true (partition_table_covers (live, (ByteRange){10, 40}));
  assert_true (partition_table_covers (live, (ByteRange){25, 35}));
  assert_false (partition_table_covers (live, (ByteRange){5, 15}));
  assert_false (partition_table_covers (live, (ByteRange){35, 41}));
  assert_false (partition_table_covers (live, (ByteRange){50, 60}));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (test_none, setup, teardown),
      cmocka_unit_test_setup_teardown (test_dos, setup, teardown),
      cmocka_unit_test_setup_teardown (test_dos_to_the_end, setup, teardown),
      cmocka_unit_test_setup_teardown (test_logical, setup, teardown),
      cmocka_unit_test_setup_teardown (test_logical_other_entries, setup, teardown),
      cmocka_unit_test_setup_teardown (test_broken_chain, setup, teardown),
      cmocka_unit_test_setup_teardown (test_dynamic, setup, teardown),
      cmocka_unit_test_setup_teardown (test_boot_sector, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_4k, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_checksums, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_bounds, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_copy, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_grown, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_hybrid, setup, teardown),
      cmocka_unit_test (test_covers),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
