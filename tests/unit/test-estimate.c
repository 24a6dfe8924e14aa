/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <math.h>
#include "estimate.h"

#define SECOND G_USEC_PER_SEC
#define MIB    (G_GUINT64_CONSTANT (1) << 20)

static gboolean
is_near (double value, double wanted, double tolerance)
{
  if (fabs (value - wanted) <= tolerance)
    return TRUE;
  print_message ("# %f instead of %f\n", value, wanted);
  return FALSE;
}

static void
test_nothing (void **state)
{
  (void)state;
  Estimate estimate = {0};
  assert_true (estimate_rate (&estimate, 0) < 0);
  estimate_begin (&estimate, "copy", 100 * SECOND);
  assert_true (estimate_rate (&estimate, 100 * SECOND) < 0);
  assert_int_equal (estimate_seconds_left (&estimate, 100 * SECOND), -1);
  /* Time passes, nothing comes. */
  assert_true (is_near (estimate_rate (&estimate, 110 * SECOND), 0, 0));
  assert_int_equal (estimate_seconds_left (&estimate, 110 * SECOND), -1);
}

static void
test_steady (void **state)
{
  (void)state;
  Estimate estimate = {0};
  gint64 now = 7 * SECOND;
  estimate_begin (&estimate, "copy", now);
  /* 100 MiB/s in steps of 20 ms, for 100 s of 200 s. */
  for (guint i = 1; i <= 5000; i++)
    estimate_add (&estimate, i * 2 * MIB, 20000 * MIB, now += SECOND / 50);
  assert_true (is_near (estimate_rate (&estimate, now), 100.0 * MIB, 0.01 * MIB));
  assert_int_equal (estimate_seconds_left (&estimate, now), 100);
}

static void
test_change (void **state)
{
  (void)state;
  Estimate estimate = {0};
  gint64 now = 0;
  guint64 done = 0;
  estimate_begin (&estimate, "copy", now);
  for (guint i = 0; i < 300; i++)
    estimate_add (&estimate, done += 100 * MIB, 100000 * MIB, now += SECOND);
  for (guint i = 0; i < 40; i++)
    estimate_add (&estimate, done += 10 * MIB, 100000 * MIB, now += SECOND);
  /* What was before the window does not count any more. */
  assert_true (is_near (estimate_rate (&estimate, now), 10.0 * MIB, 0.5 * MIB));
  /* A stall: the rate falls at once, and is nothing after the window. */
  assert_true (estimate_rate (&estimate, now + 20 * SECOND) < 8.0 * MIB);
  assert_true (is_near (estimate_rate (&estimate, now + 31 * SECOND), 0, 0.01));
  assert_int_equal (estimate_seconds_left (&estimate, now + 31 * SECOND), -1);
}

static void
test_rare (void **state)
{
  (void)state;
  /* One sample a minute: the rate is that between the last two. */
  Estimate estimate = {0};
  estimate_begin (&estimate, "copy", 0);
  estimate_add (&estimate, 60 * MIB, 600 * MIB, 60 * SECOND);
  assert_true (is_near (estimate_rate (&estimate, 60 * SECOND), 1.0 * MIB, 1));
  assert_int_equal (estimate_seconds_left (&estimate, 60 * SECOND), 540);
}

static void
test_again (void **state)
{
  (void)state;
  Estimate estimate = {0};
  estimate_begin (&estimate, "copy", 0);
  estimate_add (&estimate, 500 * MIB, 1000 * MIB, 5 * SECOND);
  /* After a break it begins lower. */
  estimate_add (&estimate, 400 * MIB, 1000 * MIB, 6 * SECOND);
  estimate_add (&estimate, 410 * MIB, 1000 * MIB, 16 * SECOND);
  assert_true (is_near (estimate_rate (&estimate, 16 * SECOND), 1.0 * MIB, 1));
}

static void
test_end (void **state)
{
  (void)state;
  Estimate estimate = {0};
  estimate_begin (&estimate, "verify", 0);
  estimate_add (&estimate, 1000, 1000, 5 * SECOND);
  assert_int_equal (estimate_seconds_left (&estimate, 5 * SECOND), 0);
  /* A total that was too small. */
  estimate_add (&estimate, 1001, 1000, 6 * SECOND);
  assert_int_equal (estimate_seconds_left (&estimate, 6 * SECOND), 0);
}

static void
test_fraction (void **state)
{
  (void)state;
  static const char *const phases[] = {"connect", "preflight", "overlay", "inspect", "convert",
                                       "trim",    "plan",      "copy",    "verify",  "finish"};
  Estimate estimate = {0};
  double last = estimate_fraction (&estimate);
  assert_true (is_near (last, 0, 0));
  for (guint p = 0; p < G_N_ELEMENTS (phases); p++) {
    estimate_begin (&estimate, phases[p], p * 10 * SECOND);
    for (guint i = 0; i <= 10; i++) {
      /* The total grows while it goes on: the fraction waits instead of going back. */
      estimate_add (&estimate, i, 10 + i / 3, p * 10 * SECOND + i);
      double fraction = estimate_fraction (&estimate);
      assert_true (fraction >= last && fraction <= 1);
      last = fraction;
    }
  }
  assert_true (last < 1);
  estimate_finish (&estimate);
  assert_true (is_near (estimate_fraction (&estimate), 1, 0));
}

static void
test_fraction_monotone (void **state)
{
  (void)state;
  Estimate estimate = {0};
  estimate_begin (&estimate, "copy", 0);
  estimate_add (&estimate, 90, 100, 1);
  double high = estimate_fraction (&estimate);
  estimate_add (&estimate, 90, 1000, 2);
  assert_true (estimate_fraction (&estimate) >= high);
  /* Back to an earlier phase, after a restart of the job. */
  estimate_begin (&estimate, "convert", 3);
  assert_true (estimate_fraction (&estimate) >= high);
  estimate_begin (&estimate, "nobody knows this one", 4);
  assert_true (estimate_fraction (&estimate) >= high);
}

static void
assert_text (char *text, const char *wanted)
{
  assert_string_equal (text, wanted);
  g_free (text);
}

static void
test_format (void **state)
{
  (void)state;
  assert_text (estimate_format_bytes (0), "0 B");
  assert_text (estimate_format_bytes (999), "999 B");
  assert_text (estimate_format_bytes (1000), "1.0 KiB");
  assert_text (estimate_format_bytes (85 * MIB), "85 MiB");
  assert_text (estimate_format_bytes (1229 * MIB), "1.2 GiB");
  assert_text (estimate_format_bytes (1023 * MIB), "1.0 GiB");
  assert_text (estimate_format_bytes (G_MAXUINT64), "16 EiB");
  assert_text (estimate_format_seconds (0), "0:00");
  assert_text (estimate_format_seconds (7), "0:07");
  assert_text (estimate_format_seconds (760), "12:40");
  assert_text (estimate_format_seconds (11100), "3:05:00");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_nothing),  cmocka_unit_test (test_steady),
      cmocka_unit_test (test_change),   cmocka_unit_test (test_rare),
      cmocka_unit_test (test_again),    cmocka_unit_test (test_end),
      cmocka_unit_test (test_fraction), cmocka_unit_test (test_fraction_monotone),
      cmocka_unit_test (test_format),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
