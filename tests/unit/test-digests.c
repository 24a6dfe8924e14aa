/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include "p2v-server/digests.h"

#define DISK_SIZE (4ull * P2V_UNIT + 1024)

static void
add_record (GByteArray *file, guint64 offset, guint32 length, guint8 fill)
{
  P2vDigestRecord record = {.offset = offset, .length = length};
  guint8 packed[P2V_DIGEST_RECORD_SIZE];
  memset (record.digest, fill, sizeof record.digest);
  p2v_digest_record_pack (&record, packed);
  g_byte_array_append (file, packed, sizeof packed);
}

/* The store for the records in FILE (NULL: no file). */
static Digests *
open_records (const GByteArray *file, GError **error)
{
  g_autofree char *dir = g_dir_make_tmp ("p2v-digests-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "d0.digests", NULL);
  if (file)
    assert_true (g_file_set_contents (path, (const char *)file->data, file->len, NULL));
  Digests *digests = digests_open (path, DISK_SIZE, error);
  (void)g_unlink (path);
  (void)g_rmdir (dir);
  return digests;
}

static void
assert_record (const Digests *digests, guint64 offset, guint32 length, guint8 fill)
{
  guint8 digest[P2V_DIGEST_SIZE], wanted[P2V_DIGEST_SIZE];
  memset (wanted, fill, sizeof wanted);
  assert_true (digests_lookup (digests, offset, length, digest));
  assert_memory_equal (digest, wanted, sizeof wanted);
}

static void
test_lookup (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  add_record (file, 2 * P2V_UNIT, P2V_UNIT, 1);
  add_record (file, 0, 512, 2);
  add_record (file, 0, P2V_UNIT, 3);
  add_record (file, 512, 512, 4);
  add_record (file, 4 * P2V_UNIT, 1024, 5);
  GError *error = NULL;
  g_autoptr (Digests) digests = open_records (file, &error);
  assert_non_null (digests);
  assert_int_equal (digests_count (digests), 5);
  assert_record (digests, 0, 512, 2);
  assert_record (digests, 0, P2V_UNIT, 3);
  assert_record (digests, 512, 512, 4);
  assert_record (digests, 2 * P2V_UNIT, P2V_UNIT, 1);
  assert_record (digests, 4 * P2V_UNIT, 1024, 5);
  guint8 digest[P2V_DIGEST_SIZE];
  assert_false (digests_lookup (digests, 0, 1024, digest));
  assert_false (digests_lookup (digests, P2V_UNIT, P2V_UNIT, digest));
  assert_false (digests_lookup (digests, 1024, 512, digest));
}

static void
test_units (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  add_record (file, P2V_UNIT, P2V_UNIT, 1);
  add_record (file, 4 * P2V_UNIT, 1024, 2);
  g_autoptr (Digests) digests = open_records (file, NULL);
  guint8 digest[P2V_DIGEST_SIZE];
  assert_true (digests_lookup_unit (digests, P2V_UNIT + 4096, digest));
  assert_int_equal (digest[0], 1);
  assert_true (digests_lookup_unit (digests, 4 * P2V_UNIT + 512, digest));
  assert_int_equal (digest[0], 2);
  assert_false (digests_lookup_unit (digests, 0, digest));
}

static void
test_latest_wins (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  for (guint8 i = 1; i < 100; i++)
    add_record (file, P2V_UNIT, 4096, i);
  g_autoptr (Digests) digests = open_records (file, NULL);
  assert_record (digests, P2V_UNIT, 4096, 99);
}

static void
test_unfinished_and_missing (void **state G_GNUC_UNUSED)
{
  g_autoptr (Digests) none = open_records (NULL, NULL);
  assert_non_null (none);
  assert_int_equal (digests_count (none), 0);
  guint8 digest[P2V_DIGEST_SIZE];
  assert_false (digests_lookup (none, 0, 512, digest));

  g_autoptr (GByteArray) file = g_byte_array_new ();
  add_record (file, 0, 512, 1);
  add_record (file, 512, 512, 2);
  g_byte_array_set_size (file, file->len - 1);
  g_autoptr (Digests) digests = open_records (file, NULL);
  assert_int_equal (digests_count (digests), 1);
}

static void
test_refused (void **state G_GNUC_UNUSED)
{
  static const struct {
    guint64 offset;
    guint32 length;
  } bad[] = {
      {0, 0},         {0, P2V_UNIT + 512},  {P2V_UNIT - 512, 1024},
      {DISK_SIZE, 1}, {4 * P2V_UNIT, 1025}, {G_MAXUINT64 - 100, 512},
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GByteArray) file = g_byte_array_new ();
    add_record (file, bad[i].offset, bad[i].length, 1);
    GError *error = NULL;
    assert_null (open_records (file, &error));
    assert_p2v_error (error, P2V_ERROR_JOB);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_lookup),      cmocka_unit_test (test_units),
      cmocka_unit_test (test_latest_wins), cmocka_unit_test (test_unfinished_and_missing),
      cmocka_unit_test (test_refused),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
