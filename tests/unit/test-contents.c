/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "contents.h"
#include <string.h>

static void
put_le32 (guint8 *p, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (p, &value, sizeof value);
}

static void
put_be64 (guint8 *p, guint64 value)
{
  value = GUINT64_TO_BE (value);
  memcpy (p, &value, sizeof value);
}

static void
test_ext (void **state G_GNUC_UNUSED)
{
  guint8 block[4096] = {0};
  guint8 *s = block + 1024;
  put_le32 (s + 0x04, 1000);
  put_le32 (s + 0x0c, 400);
  put_le32 (s + 0x18, 2); /* 4 KiB */
  assert_int_equal (contents_used ("ext4", block), -1);
  s[0x38] = 0x53;
  s[0x39] = 0xef;
  assert_int_equal (contents_used ("ext4", block), 600 * 4096);
  put_le32 (s + 0x0c, 1001); /* more free than there are */
  assert_int_equal (contents_used ("ext4", block), -1);
  put_le32 (s + 0x0c, 400);
  put_le32 (s + 0x18, 60);
  assert_int_equal (contents_used ("ext4", block), -1);
}

static void
test_xfs (void **state G_GNUC_UNUSED)
{
  guint8 block[4096] = {'X', 'F', 'S', 'B', 0, 0, 0x10, 0};
  put_be64 (block + 8, 1000);
  put_be64 (block + 144, 100);
  assert_int_equal (contents_used ("xfs", block), 900 * 4096);
  put_be64 (block + 144, G_MAXUINT64);
  assert_int_equal (contents_used ("xfs", block), -1);
}

static void
test_others (void **state G_GNUC_UNUSED)
{
  const guint8 block[4096] = {0};
  assert_int_equal (contents_used ("swap", block), 0);
  assert_int_equal (contents_used ("ntfs", block), -1);
  assert_int_equal (contents_used (NULL, block), -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test (test_ext), cmocka_unit_test (test_xfs),
                                     cmocka_unit_test (test_others)};
  return cmocka_run_group_tests (tests, NULL, NULL);
}
