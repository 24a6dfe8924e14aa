/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/lines.h"
#include <string.h>

static void
assert_line (P2vLines *lines, const char *expected)
{
  g_autofree char *line = p2v_lines_pop (lines);
  if (expected)
    assert_string_equal (line, expected);
  else
    assert_null (line);
}

static void
push (P2vLines *lines, const char *text)
{
  g_autoptr (GError) error = NULL;
  assert_true (p2v_lines_push (lines, text, strlen (text), &error));
}

static void
test_cuts (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vLines) lines = p2v_lines_new (16);
  assert_line (lines, NULL);
  push (lines, "one\ntw");
  assert_line (lines, "one");
  assert_line (lines, NULL);
  push (lines, "o\n\nlast");
  assert_line (lines, "two");
  assert_line (lines, "");
  assert_line (lines, NULL);
  push (lines, "\n");
  assert_line (lines, "last");
}

static void
test_limit (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vLines) lines = p2v_lines_new (8);
  g_autoptr (GError) error = NULL;
  push (lines, "1234567\n1234567\n123");
  assert_false (p2v_lines_push (lines, "456789", 6, &error));
  assert_p2v_error (error, P2V_ERROR_PROTOCOL);
  assert_false (p2v_lines_push (lines, "4\n12345678\n", 11, &error));
  assert_p2v_error (error, P2V_ERROR_PROTOCOL);
  assert_false (p2v_lines_push (lines, "4\n\0\n", 4, &error));
  assert_p2v_error (error, P2V_ERROR_PROTOCOL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_cuts),
      cmocka_unit_test (test_limit),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
