/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "p2v-server/ranges.h"

static void
assert_range (const GArray *ranges, guint index, guint64 offset, guint64 length)
{
  assert_true (index < ranges->len);
  assert_int_equal (g_array_index (ranges, Range, index).offset, offset);
  assert_int_equal (g_array_index (ranges, Range, index).length, length);
}

static void
test_merge (void **state G_GNUC_UNUSED)
{
  g_autoptr (GArray) ranges = ranges_new ();
  ranges_merge (ranges);
  assert_int_equal (ranges->len, 0);
  assert_int_equal (ranges_bytes (ranges), 0);
  ranges_add (ranges, 300, 50);
  ranges_add (ranges, 100, 100); /* touches the next */
  ranges_add (ranges, 200, 100); /* and this the first */
  ranges_add (ranges, 210, 5);   /* inside */
  ranges_add (ranges, 351, 1);
  ranges_add (ranges, 0, 10);
  ranges_add (ranges, 5, 20); /* overlaps */
  ranges_merge (ranges);
  assert_int_equal (ranges->len, 3);
  assert_range (ranges, 0, 0, 25);
  assert_range (ranges, 1, 100, 250);
  assert_range (ranges, 2, 351, 1);
  assert_int_equal (ranges_bytes (ranges), 276);
}

static void
test_subtract (void **state G_GNUC_UNUSED)
{
  g_autoptr (GArray) ranges = ranges_new ();
  g_autoptr (GArray) other = ranges_new ();
  ranges_add (ranges, 100, 100);
  ranges_add (ranges, 300, 100);
  ranges_add (ranges, 500, 100);
  ranges_subtract (ranges, other);
  assert_int_equal (ranges_bytes (ranges), 300);
  ranges_add (other, 0, 50);
  ranges_add (other, 110, 10);
  ranges_add (other, 190, 120); /* the end of one, the beginning of the next */
  ranges_add (other, 390, 100);
  ranges_add (other, 495, 200); /* all of the last */
  ranges_subtract (ranges, other);
  assert_int_equal (ranges->len, 3);
  assert_range (ranges, 0, 100, 10);
  assert_range (ranges, 1, 120, 70);
  assert_range (ranges, 2, 310, 80);
}

static void
test_text (void **state G_GNUC_UNUSED)
{
  Range range = {.offset = 65536, .length = 65536};
  g_autofree char *text = range_text (&range);
  assert_string_equal (text, "bytes 65536 to 131071 (64.0 KiB)");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_merge),
      cmocka_unit_test (test_subtract),
      cmocka_unit_test (test_text),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
