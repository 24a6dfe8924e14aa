/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables and what lies between partitions. */
#include <string.h>
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
gpt (Disk *disk, guint sector)
{
  dos_entry (disk, 0, 0, 0xee, 1, 0xffffffff);
  guint8 *header = disk->bytes + sector;
  memcpy (header, "EFI PART", 8);
  put64 (header + 72, 2);
  put32 (header + 80, 128);
  put32 (header + 84, 128);
  guint8 *entry = disk->bytes + 2 * (gsize)sector;
  for (guint i = 0; i < 2; i++, entry += 3 * 128) {
    entry[0] = 0xaf;
    put64 (entry + 32, (i ? 30 : 1) * (guint64)MIB / sector);
    put64 (entry + 40, (i ? 40 : 2) * (guint64)MIB / sector - 1);
  }
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
test_gpt_beyond (void **state)
{
  Disk *disk = *state;
  gpt (disk, 512);
  guint8 *first = disk->bytes + 1024;
  put64 (first + 40, G_MAXUINT64);
  check (disk, 512, NULL);
  put64 (first + 40, 1);
  check (disk, 512, NULL);
  gpt (disk, 512);
  put64 (disk->bytes + 512 + 72, (1ull << 55) + 2); /* times 512 it is 1024 again */
  check (disk, 512, NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (test_none, setup, teardown),
      cmocka_unit_test_setup_teardown (test_dos, setup, teardown),
      cmocka_unit_test_setup_teardown (test_dos_to_the_end, setup, teardown),
      cmocka_unit_test_setup_teardown (test_logical, setup, teardown),
      cmocka_unit_test_setup_teardown (test_broken_chain, setup, teardown),
      cmocka_unit_test_setup_teardown (test_boot_sector, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_4k, setup, teardown),
      cmocka_unit_test_setup_teardown (test_gpt_beyond, setup, teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
