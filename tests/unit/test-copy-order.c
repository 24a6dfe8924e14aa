/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "copy-order.h"

static void
test_each_once (void **state)
{
  (void)state;
  static const guint64 sizes[] = {0, 1, 15, 16, 17, 65, 4095, 4096, 4097, 19000, 100003};
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint64 n = sizes[s], found = 0;
    g_autofree guint8 *seen = g_malloc0 (n + 1);
    for (guint64 step = 0; step < copy_order_steps (n); step++) {
      guint64 piece = copy_order_piece (n, step);
      if (piece >= n)
        continue;
      assert_int_equal (seen[piece], 0);
      seen[piece] = 1;
      found++;
    }
    assert_int_equal (found, n);
  }
}

/* After each eighth every eighth of the disk has its share. */
static void
test_even (void **state)
{
  (void)state;
  static const guint64 sizes[] = {2000, 20000, 1000000};
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint64 n = sizes[s], parts[8] = {0}, found = 0, next = n / 8;
    for (guint64 step = 0; step < copy_order_steps (n); step++) {
      guint64 piece = copy_order_piece (n, step);
      if (piece >= n)
        continue;
      parts[piece * 8 / n]++;
      if (++found < next)
        continue;
      next += n / 8;
      for (guint p = 0; p < 8; p++) {
        /* Small ones have stretches of a fiftieth. */
        gint64 away = (gint64)parts[p] - (gint64)(found / 8);
        assert_true (ABS (away) <= (gint64)(n / (n < 5000 ? 20 : 100)));
      }
    }
  }
}

static void
test_few_seeks (void **state)
{
  (void)state;
  guint64 n = 1000000, last = 0;
  guint seeks = 0, back = 0;
  for (guint64 step = 0; step < copy_order_steps (n); step++) {
    guint64 piece = copy_order_piece (n, step);
    if (piece >= n)
      continue;
    seeks += piece != last + 1;
    back += piece < last;
    last = piece;
  }
  assert_true (seeks <= COPY_STRETCHES);
  assert_int_equal (back, COPY_SWEEPS - 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_each_once),
      cmocka_unit_test (test_even),
      cmocka_unit_test (test_few_seeks),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
