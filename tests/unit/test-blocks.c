/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "p2v-server/blocks.h"
#include "p2v-server/partition-table.h"
#include "p2v-server/ranges.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Three disks of 1 GiB, in another order than their names; RAID 5 on their second
 * partitions (chunks of 64 KiB), a group of two volumes on it, one of them encrypted. */
#define DISKS                                                                                      \
  "block sda 8:0 2097152 - - 1073741824 2:0:1:0\n"                                                 \
  "block sda2 8:2 1024000 204800 sda - -\n"                                                        \
  "block sdb 8:16 2097152 - - 1073741824 2:0:0:0\n"                                                \
  "block sdb2 8:18 1024000 204800 sdb - -\n"                                                       \
  "block sdc 8:32 2097152 - - 1073741824 2:0:2:0\n"                                                \
  "block sdc2 8:34 1024000 204800 sdc - -\n"                                                       \
  "block sdd 8:48 8388608 - - 1073741824 2:0:3:0\n"
#define ARRAY "block md5 9:5 2039808 - - 0 -\n"
#define VOLUMES                                                                                    \
  "block dm-0 252:0 409600 - - 0 -\n"                                                              \
  "table dm-0 0 204800 linear 9:5 2048\n"                                                          \
  "table dm-0 204800 204800 linear 9:5 1026048\n"                                                  \
  "block dm-1 252:1 376832 - - 0 -\n"                                                              \
  "table dm-1 0 376832 crypt aes-xts-plain64 :64:logon:x-d0 0 252:0 32768 1 allow_discards\n"
#define RAID(state, reshape, policy)                                                               \
  "array md5 raid5 65536 3 509952 " reshape " 0 " policy "\n"                                      \
  "member md5 sdb2 4096 in_sync\n"                                                                 \
  "member md5 sda2 4096 in_sync\n"                                                                 \
  "member md5 sdc2 4096 " state "\n"

static GPtrArray *
drops_new (guint n)
{
  GPtrArray *drops = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (drops, g_array_new (FALSE, FALSE, sizeof (ByteRange)));
  return drops;
}

static Blocks *
load (const char *text, guint cluster)
{
  const BlocksDisk disks[] = {{1024 * MIB, cluster}, {1024 * MIB, cluster}, {1024 * MIB, cluster}};
  Blocks *blocks = blocks_parse (text);
  assert_non_null (blocks);
  assert_true (blocks_know_disks (blocks, disks, 3));
  return blocks;
}

static gboolean
map_one (const Blocks *blocks, const char *name, guint64 offset, guint64 length, GPtrArray *drops)
{
  g_autoptr (GArray) ranges = ranges_new ();
  ranges_add (ranges, offset, length);
  return blocks_map (blocks, name, ranges, drops);
}

static void
assert_drop (GPtrArray *drops, guint disk, guint index, guint64 start, guint64 end)
{
  GArray *list = g_ptr_array_index (drops, disk);
  assert_true (index < list->len);
  assert_int_equal (g_array_index (list, ByteRange, index).start, start);
  assert_int_equal (g_array_index (list, ByteRange, index).end, end);
}

static guint
n_drops (GPtrArray *drops)
{
  guint n = 0;
  for (guint i = 0; i < drops->len; i++)
    n += ((GArray *)g_ptr_array_index (drops, i))->len;
  return n;
}

static void
test_names (void **state G_GNUC_UNUSED)
{
  g_autoptr (Blocks) blocks = load (DISKS ARRAY VOLUMES, 4096);
  assert_string_equal (blocks_name (blocks, 0, 0), "sdb");
  assert_string_equal (blocks_name (blocks, 1, 2), "sda2");
  assert_null (blocks_name (blocks, 1, 3));
  assert_null (blocks_name (blocks, 7, 0));
  assert_true (blocks_pass (blocks, "sda2"));
  assert_false (blocks_pass (blocks, "dm-1"));
  assert_false (blocks_pass (blocks, "nothing"));
}

static void
test_plain (void **state G_GNUC_UNUSED)
{
  g_autoptr (Blocks) blocks = load (DISKS, 4096);
  g_autoptr (GPtrArray) drops = drops_new (3);
  assert_true (map_one (blocks, "sda2", MIB, 2 * MIB, drops));
  assert_drop (drops, 1, 0, 101 * MIB, 103 * MIB);
  assert_int_equal (n_drops (drops), 1);
  /* beyond its end */
  assert_false (map_one (blocks, "sda2", 499 * MIB, 2 * MIB, drops));
  /* the appliance's own disk */
  assert_false (map_one (blocks, "sdd", 0, MIB, drops));
  assert_int_equal (n_drops (drops), 1);
}

/* A stripe is 128 KiB. */
static void
test_stripes (void **state G_GNUC_UNUSED)
{
  g_autoptr (Blocks) blocks = load (DISKS ARRAY RAID ("in_sync", "none", "resync"), 4096);
  g_autoptr (GPtrArray) drops = drops_new (3);
  /* a chunk and a half is in use before, a bit more than one behind */
  assert_true (map_one (blocks, "md5", 96 << 10, 420 << 10, drops));
  for (guint i = 0; i < 3; i++)
    assert_drop (drops, i, 0, 102 * MIB + (64 << 10), 102 * MIB + (256 << 10));
  assert_int_equal (n_drops (drops), 3);
  /* nowhere both of a stripe */
  assert_true (map_one (blocks, "md5", 64 << 10, 128 << 10, drops));
  assert_int_equal (n_drops (drops), 3);
}

/* Little that is in use: the rest of its stripe is free. */
static void
test_rows (void **state G_GNUC_UNUSED)
{
  g_autoptr (Blocks) blocks = load (DISKS ARRAY RAID ("in_sync", "none", "resync"), 4096);
  g_autoptr (GPtrArray) drops = drops_new (3);
  g_autoptr (GArray) ranges = ranges_new ();
  ranges_add (ranges, 0, 8 << 10);
  ranges_add (ranges, 12 << 10, 44 << 10);  /* in use: 8 to 12 KiB of the chunk */
  ranges_add (ranges, 72 << 10, 184 << 10); /* 56 to 64, and 0 to 8 of the next */
  ranges_add (ranges, 257 << 10, 127 << 10);
  assert_true (blocks_map (blocks, "md5", ranges, drops));
  for (guint i = 0; i < 3; i++) {
    assert_drop (drops, i, 0, 102 * MIB + (12 << 10), 102 * MIB + (56 << 10));
    assert_drop (drops, i, 1, 102 * MIB + (64 << 10), 102 * MIB + (128 << 10));
    assert_drop (drops, i, 2, 102 * MIB + (132 << 10), 102 * MIB + (192 << 10));
  }
  assert_int_equal (n_drops (drops), 9);
}

static void
test_stack (void **state G_GNUC_UNUSED)
{
  g_autoptr (Blocks) blocks = load (DISKS ARRAY VOLUMES RAID ("in_sync", "none", "bitmap"), 4096);
  g_autoptr (GPtrArray) drops = drops_new (3);
  /* the encrypted volume begins 16 MiB into dm-0, whose second half lies elsewhere:
   * 83 to 85 MiB of it are 99 to 100 MiB, and 0 to 1 of the other part */
  assert_true (map_one (blocks, "dm-1", 83 * MIB, 2 * MIB, drops));
  for (guint i = 0; i < 3; i++) {
    assert_drop (drops, i, 0, 102 * MIB + 50 * MIB, 102 * MIB + 50 * MIB + (MIB / 2));
    assert_drop (drops, i, 1, 102 * MIB + (501 * MIB / 2), 102 * MIB + (502 * MIB / 2));
  }
}

/* Only where clusters begin on all members at once. */
static void
test_clusters (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) drops = drops_new (3);
  g_autoptr (Blocks) large = load (DISKS ARRAY RAID ("in_sync", "none", "resync"), 1 << 20);
  assert_true (map_one (large, "md5", 256 << 10, 4 * MIB, drops));
  assert_drop (drops, 2, 0, 103 * MIB, 104 * MIB);
  assert_int_equal (n_drops (drops), 3);

  static const char shifted[] =
      "block sda 8:0 2097152 - - 1 2:0:0:0\nblock sda1 8:1 1024000 63 sda - -\n"
      "block sdb 8:16 2097152 - - 1 2:0:1:0\nblock sdb1 8:17 1024000 63 sdb - -\n"
      "block sdc 8:32 2097152 - - 1 2:0:2:0\nblock sdc1 8:33 1024000 %s sdc - -\n"
      "block md5 9:5 2039808 - - 0 -\narray md5 raid5 65536 3 509952 none 0 resync\n"
      "member md5 sda1 0 in_sync\nmember md5 sdb1 0 in_sync\nmember md5 sdc1 0 in_sync\n";
  g_autofree char *alike = g_strdup_printf (shifted, "63");
  g_autofree char *unlike = g_strdup_printf (shifted, "64");
  g_autoptr (Blocks) odd = load (alike, 4096);
  assert_true (map_one (odd, "md5", 0, 256 << 10, drops));
  /* the first multiple of 4096 behind sector 63, and the last before 128 KiB more */
  assert_drop (drops, 0, 1, 32768, 159744);
  g_autoptr (Blocks) never = load (unlike, 4096);
  assert_false (map_one (never, "md5", 0, MIB, drops));
}

static void
test_mirror (void **state G_GNUC_UNUSED)
{
  g_autoptr (Blocks) blocks = load (DISKS "block md1 9:1 1019904 - - 1073741824 -\n"
                                          "array md1 raid1 0 2 509952 none 1 bitmap\n"
                                          "member md1 sdb2 4096 in_sync\n",
                                    4096);
  g_autoptr (GPtrArray) drops = drops_new (3);
  assert_true (map_one (blocks, "md1", 5 * MIB, MIB, drops));
  assert_drop (drops, 0, 0, 107 * MIB, 108 * MIB);
  assert_int_equal (n_drops (drops), 1);
}

static void
test_not_understood (void **state G_GNUC_UNUSED)
{
  static const char *const texts[] = {
      DISKS ARRAY RAID ("in_sync", "4096", "resync"),
      DISKS ARRAY RAID ("in_sync", "none", "journal"),
      DISKS ARRAY RAID ("in_sync", "none", "ppl"),
      DISKS ARRAY RAID ("spare", "none", "resync"),
      DISKS ARRAY "array md5 raid5 65536 4 509952 none 0 resync\n"
                  "member md5 sda2 4096 in_sync\n",
      DISKS ARRAY "array md5 raid10 65536 3 509952 none 0 resync\n"
                  "member md5 sdb2 4096 in_sync\nmember md5 sda2 4096 in_sync\n"
                  "member md5 sdc2 4096 in_sync\n",
      DISKS ARRAY "array md5 raid1 0 2 509952 none 0 resync\nmember md5 sda2 4096 in_sync\n"
                  "member md5 sdb2 4096 spare\n",
      DISKS ARRAY, /* nothing is known of it */
  };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (Blocks) blocks = load (texts[i], 4096);
    g_autoptr (GPtrArray) drops = drops_new (3);
    assert_false (map_one (blocks, "md5", 0, 8 * MIB, drops));
    assert_int_equal (n_drops (drops), 0);
  }
  /* what was understood of one part is taken back when the other is not */
  g_autoptr (Blocks) half = load (DISKS "block dm-0 252:0 4096 - - 0 -\n"
                                        "table dm-0 0 2048 linear 8:0 0\n"
                                        "table dm-0 2048 2048 striped 2 128 8:0 0 8:16 0\n",
                                  4096);
  g_autoptr (GPtrArray) drops = drops_new (3);
  assert_false (map_one (half, "dm-0", 0, 2 * MIB, drops));
  assert_int_equal (n_drops (drops), 0);
}

static void
assert_top (const Blocks *blocks, guint disk, guint64 at, const char *name, guint64 there)
{
  assert_string_equal (blocks_top (blocks, disk, &at), name);
  assert_int_equal (at, there);
}

static void
test_top (void **state G_GNUC_UNUSED)
{
  static const char text[] =
      "block sda 8:0 2097152 - - 1073741824 2:0:1:0\n"
      "block sda2 8:2 1024000 204800 sda - -\n"
      "block sdb 8:16 2097152 - - 1073741824 2:0:0:0\n"
      "block sdb1 8:17 2048 2048 sdb - -\n"
      "block sdb2 8:18 1024000 204800 sdb - -\n"
      "block sdc 8:32 2097152 - - 1073741824 2:0:2:0\n"
      "block sdc2 8:34 1024000 204800 sdc - -\n"
      "block md1 9:1 1019904 - - 0 -\n"
      "array md1 raid1 0 2 509952 none 0 resync\n"
      "member md1 sdb2 4096 in_sync\n"
      "member md1 sda2 4096 in_sync\n"
      "block dm-0 252:0 409600 - - 0 -\n"
      "table dm-0 0 204800 linear 9:1 2048\n"
      "table dm-0 204800 204800 linear 9:1 614400\n"
      "block dm-1 252:1 376832 - - 0 -\n"
      "table dm-1 0 376832 crypt aes-xts-plain64 :64:logon:x-d0 0 252:0 32768\n"
      "block dm-2 252:2 2048 - - 0 -\n"
      "table dm-2 0 2048 striped 2 128 8:34 0 8:2 0\n";
  g_autoptr (Blocks) blocks = load (text, 4096);
  const guint64 group = (204800 + 4096 + 2048) * 512;
  guint64 at = 0;
  /* disk 0 is sdb, disk 1 sda */
  assert_top (blocks, 0, 5, "sdb", 5);
  assert_top (blocks, 0, 2048 * 512, "sdb1", 0);
  assert_top (blocks, 0, 2 * 2048 * 512 - 1, "sdb1", 2048 * 512 - 1);
  assert_top (blocks, 0, 2 * 2048 * 512, "sdb", 2 * 2048 * 512);
  assert_top (blocks, 0, 204800 * 512 + 7, "sdb2", 7); /* the superblock of the array */
  assert_top (blocks, 0, group - 512, "md1", 2047 * 512);
  assert_top (blocks, 1, group + 9, "dm-0", 9);
  assert_top (blocks, 0, group + 32768 * 512 + 9, "dm-1", 9);
  /* the second piece of the volume lies elsewhere */
  assert_top (blocks, 0, group + (614400 - 2048) * 512 + 1, "dm-1", (204800 - 32768) * 512 + 1);
  assert_top (blocks, 2, 204800 * 512 + 7, "sdc2", 7); /* stripes are not understood */
  assert_null (blocks_top (blocks, 3, &at));
}

static void
test_bad_text (void **state G_GNUC_UNUSED)
{
  static const char *const texts[] = {"block sda",
                                      "block sda 8:0 x - - 0 -",
                                      "block sda 8:0 99999999999999999999 - - 0 -",
                                      "table dm-0 0 1 linear 8:0 0",
                                      DISKS "table sda 0 1 linear 8:0",
                                      DISKS "member sda sdb x in_sync",
                                      DISKS "what sda is this"};
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_null (blocks_parse (texts[i]));
  const BlocksDisk one = {1024 * MIB, 4096}, other = {1023 * MIB, 4096};
  g_autoptr (Blocks) blocks = blocks_parse (DISKS);
  assert_true (blocks_know_disks (blocks, &one, 1));
  assert_false (blocks_know_disks (blocks, &other, 1));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_names),   cmocka_unit_test (test_plain),
      cmocka_unit_test (test_stripes), cmocka_unit_test (test_rows),
      cmocka_unit_test (test_stack),   cmocka_unit_test (test_clusters),
      cmocka_unit_test (test_mirror),  cmocka_unit_test (test_not_understood),
      cmocka_unit_test (test_top),     cmocka_unit_test (test_bad_text),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
