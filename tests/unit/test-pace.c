/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "pace.h"

#define SECOND G_USEC_PER_SEC

/* N threads with something to send all the time, that wake LATE microseconds after their
 * turn: bytes that each sent in ten seconds. */
static guint64
send_for_ten (guint64 rate, guint n, gint64 late, guint64 least[static 1])
{
  g_autoptr (Pace) pace = pace_new (rate);
  PaceTurn turns[16] = {{0}};
  guint64 sent[16] = {0}, all = 0;
  for (gint64 now = SECOND; now < 11 * SECOND; now += 500)
    for (guint i = 0; i < n; i++) {
      pace_book (pace, &turns[i], TRUE, now);
      gsize part = pace_allows (&turns[i], now - late);
      turns[i].left -= part;
      sent[i] += part;
      all += part;
    }
  *least = sent[0];
  for (guint i = 1; i < n; i++)
    *least = MIN (*least, sent[i]);
  return all;
}

static void
test_rate (void **state)
{
  (void)state;
  static const guint64 rates[] = {64 << 10, 2 << 20, 100 << 20, G_GUINT64_CONSTANT (1) << 40};
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++)
    for (guint n = 1; n <= 16; n *= 4)
      for (gint64 late = 0; late <= 4000; late += 2000) {
        guint64 least = 0, sent = send_for_ten (rates[r], n, late, &least);
        assert_true (sent <= rates[r] * 10 * 103 / 100);
        assert_true (sent >= rates[r] * 10 * 95 / 100);
        /* Each has its share. */
        assert_true (least >= sent / n * 9 / 10);
      }
}

static void
test_pause (void **state)
{
  (void)state;
  g_autoptr (Pace) pace = pace_new (1 << 20);
  PaceTurn turn = {0};
  guint64 sent = 0;
  pace_book (pace, &turn, FALSE, SECOND);
  assert_int_equal (turn.left, 0);
  assert_int_equal (pace_wait_ms (&turn, SECOND), 0);
  /* After a long pause there is no flood: a tenth of a second, and what is due. */
  for (gint64 now = 100 * SECOND; now < 100 * SECOND + SECOND / 10; now += 1000) {
    pace_book (pace, &turn, TRUE, now);
    sent += pace_allows (&turn, now);
    turn.left -= pace_allows (&turn, now);
  }
  assert_true (sent < (1 << 20) / 4);
  assert_true (sent > (1 << 20) / 6);
}

static void
test_wait (void **state)
{
  (void)state;
  g_autoptr (Pace) pace = pace_new (1 << 20);
  PaceTurn turn = {.at = 5000, .left = 10};
  assert_int_equal (pace_wait_ms (&turn, 0), 5);
  assert_int_equal (pace_wait_ms (&turn, 1), 5);
  assert_int_equal (pace_allows (&turn, 4999), 0);
  assert_int_equal (pace_wait_ms (&turn, 5000), 0);
  assert_int_equal (pace_allows (&turn, 5000), 10);
}

static void
test_no_limit (void **state)
{
  (void)state;
  PaceTurn turn = {0};
  assert_null (pace_new (0));
  pace_book (NULL, &turn, FALSE, SECOND);
  assert_true (pace_allows (&turn, SECOND) == G_MAXSIZE);
  assert_int_equal (pace_wait_ms (&turn, SECOND), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_rate),
      cmocka_unit_test (test_pause),
      cmocka_unit_test (test_wait),
      cmocka_unit_test (test_no_limit),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
