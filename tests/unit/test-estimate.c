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

/* A run of the copy in steps of a quarter of a second. */
typedef struct {
  Estimate estimate;
  EstimateCount count;
  gint64 now;
} Run;

static Run
run_new (guint64 total, guint64 link_total)
{
  Run run = {.count = {0, total, 0, link_total}, .now = 100 * SECOND};
  estimate_init (&run.estimate, total, 0);
  estimate_begin (&run.estimate, "copy", 0, run.now);
  return run;
}

/* LINK bytes of the link and LOCAL other ones came within SECONDS. */
static void
run_step (Run *run, guint64 link, guint64 local, double seconds)
{
  run->count.link_done += link;
  run->count.done += link + local;
  run->now += (gint64)(seconds * SECOND);
  estimate_add (&run->estimate, &run->count, run->now);
}

/* SECONDS of a link with RATE bytes a second. */
static void
run_link (Run *run, guint64 rate, guint seconds)
{
  for (guint i = 0; i < 4 * seconds; i++)
    run_step (run, rate / 4, 0, 0.25);
}

static double
run_left (const Run *run)
{
  return (double)estimate_seconds_left (&run->estimate, run->now);
}

/* What verify and finish take at least. */
#define BEHIND 0.5

static void
test_nothing (void **state)
{
  (void)state;
  Run run = run_new (1000 * MIB, 1000 * MIB);
  assert_true (estimate_rate (&run.estimate, run.now) < 0);
  assert_true (run_left (&run) < 0);
  run_step (&run, 0, 0, 0.25);
  /* Time passes, nothing comes. */
  run.now += 10 * SECOND;
  assert_true (is_near (estimate_rate (&run.estimate, run.now), 0, 0));
  assert_true (run_left (&run) < 0);
}

static void
test_steady (void **state)
{
  (void)state;
  Run run = run_new (20000 * MIB, 20000 * MIB);
  run_link (&run, 100 * MIB, 100);
  assert_true (is_near (estimate_rate (&run.estimate, run.now), 100.0 * MIB, 1.0 * MIB));
  /* And verify, with its own rate. */
  double verify = 20000.0 * MIB / 500e6;
  assert_true (is_near (run_left (&run), 100 + verify, 3));
}

/* The beginning takes its time: images, connections. */
static void
test_late_start (void **state)
{
  (void)state;
  Run run = run_new (300 * MIB, 300 * MIB);
  run_step (&run, 0, 0, 0.25);
  run.now += 20 * SECOND;
  run_step (&run, MIB / 16, 0, 0);
  run_link (&run, 10 * MIB, 10);
  assert_true (is_near (run_left (&run), 20, 1 + BEHIND));
}

static void
test_change (void **state)
{
  (void)state;
  Run run = run_new (10000 * MIB, 10000 * MIB);
  run_link (&run, 40 * MIB, 100);
  run_link (&run, 20 * MIB, 10);
  assert_true (is_near (estimate_rate (&run.estimate, run.now), 20.0 * MIB, 4.0 * MIB));
  run_link (&run, 20 * MIB, 110);
  double left = (10000 - 4000 - 2400) / 20.0 + 10000.0 * MIB / 500e6;
  assert_true (is_near (run_left (&run), left, 0.2 * left));
}

static void
test_stall (void **state)
{
  (void)state;
  Run run = run_new (1000 * MIB, 1000 * MIB);
  run_link (&run, 10 * MIB, 20);
  gint64 now = run.now;
  double before = run_left (&run);
  assert_true (estimate_rate (&run.estimate, now + 10 * SECOND) < 4.0 * MIB);
  assert_true (estimate_seconds_left (&run.estimate, now + 10 * SECOND) > before);
  assert_int_equal (estimate_seconds_left (&run.estimate, now + 31 * SECOND), -1);
}

/* What is at hand goes by in no time, wherever it lies. */
static void
test_mixed (void **state)
{
  (void)state;
  for (guint order = 0; order < 3; order++) {
    /* 300 MiB at 10 MiB/s and 600 at 400: 31.5 seconds. */
    Run run = run_new (900 * MIB, 300 * MIB);
    double over = 31.5, passed = 0;
    if (order == 0)
      for (guint i = 0; i < 6; i++, passed += 0.25)
        run_step (&run, 0, 100 * MIB, 0.25);
    for (guint i = 0; i < 120; i++) {
      gboolean local = order == 1 && i % 20 == 0;
      double step = local ? 0.5 : 0.25;
      run_step (&run, 5 * MIB / 2, local ? 100 * MIB : 0, step);
      passed += step;
      double left = over - passed + 900.0 * MIB / 500e6;
      /* The estimate has whole seconds. */
      if (passed >= over / 3)
        assert_true (is_near (run_left (&run), left, 0.2 * left + 0.5 + BEHIND));
    }
    if (order == 2)
      for (guint i = 0; i < 6; i++)
        run_step (&run, 0, 100 * MIB, 0.25);
    assert_true (run_left (&run) <= 4);
  }
}

static void
test_only_local (void **state)
{
  (void)state;
  Run run = run_new (10000 * MIB, 0);
  for (guint i = 0; i < 40; i++)
    run_step (&run, 0, 50 * MIB, 0.25);
  assert_true (is_near (run_left (&run), 40 + 10000.0 * MIB / 500e6, 2));
}

/* A job that had been stopped: what was copied before says nothing about the rate. */
static void
test_resumed (void **state)
{
  (void)state;
  Run run = run_new (1000 * MIB, 1000 * MIB);
  run_step (&run, 500 * MIB, 0, 1);
  run_link (&run, 10 * MIB, 10);
  assert_true (is_near (estimate_rate (&run.estimate, run.now), 10.0 * MIB, 0.1 * MIB));
  assert_true (is_near (run_left (&run), 40 + 1000.0 * MIB / 500e6, 1.5));
}

/* Neither the time without a link nor what had come meanwhile is measured. */
static void
test_lost (void **state)
{
  (void)state;
  Run run = run_new (1000 * MIB, 1000 * MIB);
  run_link (&run, 10 * MIB, 20);
  estimate_set_lost (&run.estimate, TRUE);
  run.now += 300 * SECOND;
  assert_true (run_left (&run) < 0);
  assert_true (estimate_rate (&run.estimate, run.now) < 0);
  estimate_set_lost (&run.estimate, FALSE);
  run_step (&run, 200 * MIB, 0, 1);
  run_link (&run, 10 * MIB, 20);
  assert_true (is_near (run_left (&run), 40 + 1000.0 * MIB / 500e6, 1.5));
}

static void
test_again (void **state)
{
  (void)state;
  Run run = run_new (1000 * MIB, 1000 * MIB);
  run_link (&run, 100 * MIB, 5);
  /* Work that is done again begins lower. */
  double fraction = estimate_fraction (&run.estimate);
  run.count.done = run.count.link_done = 400 * MIB;
  run_step (&run, 0, 0, 1);
  assert_true (is_near (estimate_fraction (&run.estimate), fraction, 0));
  run_link (&run, 100 * MIB, 5);
  assert_true (estimate_rate (&run.estimate, run.now) > 90.0 * MIB);
}

static void
add_steps (Estimate *estimate, guint64 done, guint64 total, gint64 now)
{
  EstimateCount count = {.done = done, .total = total};
  estimate_add (estimate, &count, now);
}

static const char *const names[] = {"connect", "preflight", "overlay", "inspect", "convert",
                                    "trim",    "plan",      "copy",    "verify",  "finish"};

static void
test_fraction (void **state)
{
  (void)state;
  Estimate estimate;
  estimate_init (&estimate, 100 * MIB, 0);
  double last = estimate_fraction (&estimate);
  assert_true (is_near (last, 0, 0));
  for (guint p = 0; p < G_N_ELEMENTS (names); p++) {
    estimate_begin (&estimate, names[p], 0, p * 10 * SECOND);
    for (guint i = 0; i <= 10; i++) {
      /* The total grows while it goes on: the fraction waits instead of going back. */
      add_steps (&estimate, i, 10 + i / 3, p * 10 * SECOND + i);
      double fraction = estimate_fraction (&estimate);
      assert_true (fraction >= last && fraction < 1);
      last = fraction;
    }
  }
  estimate_finish (&estimate);
  assert_true (is_near (estimate_fraction (&estimate), 1, 0));
}

static void
test_fraction_monotone (void **state)
{
  (void)state;
  Estimate estimate;
  estimate_init (&estimate, 100 * MIB, 0);
  estimate_begin (&estimate, "copy", 0, 0);
  add_steps (&estimate, 90, 100, 1);
  double high = estimate_fraction (&estimate);
  assert_true (high > 0.5);
  add_steps (&estimate, 90, 1000, 2);
  assert_true (estimate_fraction (&estimate) >= high);
  /* Back to an earlier phase, after a restart of the job; and it moves on from there. */
  estimate_begin (&estimate, "convert", 0, 3);
  assert_true (is_near (estimate_fraction (&estimate), high, 1e-9));
  add_steps (&estimate, 5, 10, 4);
  assert_true (estimate_fraction (&estimate) > high);
  estimate_begin (&estimate, "nobody knows this one", 0, 4);
  assert_true (estimate_fraction (&estimate) >= high);
}

/* Where the copy begins: the more there is to copy the earlier, and a machine with KVM
 * shows by inspect that convert will be short. */
static double
fraction_at_copy (guint64 bytes, double speed)
{
  static const double seconds[] = {1, 1, 2, 31, 76, 5, 0};
  Estimate estimate;
  gint64 now = 0;
  estimate_init (&estimate, 4 * bytes, 0);
  for (guint p = 0; p < G_N_ELEMENTS (seconds); p++) {
    estimate_begin (&estimate, names[p], p > 3 ? bytes : 0, now);
    now += (gint64)(seconds[p] / speed * SECOND);
  }
  estimate_begin (&estimate, "copy", bytes, now);
  return estimate_fraction (&estimate);
}

static void
test_weights (void **state)
{
  (void)state;
  /* 30 seconds of copying and some of verifying after 116 others. */
  assert_true (is_near (fraction_at_copy (1200 * MIB, 1), 116.0 / (116 + 31.5 + 2.8), 0.02));
  assert_true (fraction_at_copy (100000 * MIB, 1) < 0.06);
  assert_true (fraction_at_copy (1200 * MIB, 5) < fraction_at_copy (1200 * MIB, 1) - 0.1);
}

/* What a server may say that lies, or miscounts. */
static void
test_nonsense (void **state)
{
  (void)state;
  static const guint64 values[] = {0, 1, 999, 1000, 1001, G_MAXINT64};
  guint n = G_N_ELEMENTS (values);
  Estimate estimate;
  gint64 now = 0;
  double last = 0;
  estimate_init (&estimate, 0, 1);
  estimate_begin (&estimate, "copy", G_MAXINT64, now);
  for (guint i = 0; i < n * n * n * n; i++) {
    EstimateCount count = {values[i % n], values[i / n % n], values[i / n / n % n],
                           values[i / n / n / n]};
    estimate_add (&estimate, &count, now += SECOND / 2);
    double fraction = estimate_fraction (&estimate);
    assert_true (fraction >= last && fraction <= 1);
    last = fraction;
    assert_true (estimate_rate (&estimate, now) >= -1);
    assert_true (estimate_seconds_left (&estimate, now) >= -1);
  }
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
      cmocka_unit_test (test_nothing),    cmocka_unit_test (test_steady),
      cmocka_unit_test (test_late_start), cmocka_unit_test (test_change),
      cmocka_unit_test (test_stall),      cmocka_unit_test (test_mixed),
      cmocka_unit_test (test_only_local), cmocka_unit_test (test_resumed),
      cmocka_unit_test (test_lost),       cmocka_unit_test (test_again),
      cmocka_unit_test (test_fraction),   cmocka_unit_test (test_fraction_monotone),
      cmocka_unit_test (test_weights),    cmocka_unit_test (test_nonsense),
      cmocka_unit_test (test_format),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
