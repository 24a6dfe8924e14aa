/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <string.h>
#include "hooks.h"

static void
test_output (void **state)
{
  (void)state;
  g_autofree char *output = NULL;
  GError *error = NULL;
  assert_true (hooks_run ("p2v.pre", "echo one; echo two >&2; cat", &output, NULL, &error));
  assert_string_equal (output, "one\ntwo\n");
}

static void
test_failure (void **state)
{
  (void)state;
  g_autofree char *output = NULL;
  GError *error = NULL;
  assert_false (hooks_run ("p2v.pre", "echo why; exit 3", &output, NULL, &error));
  assert_string_equal (output, "why\n");
  assert_non_null (strstr (error->message, "p2v.pre"));
  assert_non_null (strstr (error->message, "status 3"));
  assert_p2v_error (error, P2V_ERROR_SETTINGS);
  g_clear_pointer (&output, g_free);
  assert_false (hooks_run ("p2v.pre", "kill -9 $$", &output, NULL, &error));
  assert_non_null (strstr (error->message, "signal 9"));
  g_clear_error (&error);
}

static gboolean
cancel_now (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (void **state)
{
  (void)state;
  g_autoptr (GCancellable) cancel = g_cancellable_new ();
  g_autofree char *output = NULL;
  GError *error = NULL;
  gint64 began = g_get_monotonic_time ();
  g_timeout_add (100, cancel_now, cancel);
  /* Also what the shell has started ends; tests/run would find it. */
  assert_false (hooks_run ("p2v.post", "sleep 50 & sleep 50; :", &output, cancel, &error));
  assert_true (g_get_monotonic_time () - began < 10 * G_USEC_PER_SEC);
  assert_p2v_error (error, P2V_ERROR_CANCELLED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_output),
      cmocka_unit_test (test_failure),
      cmocka_unit_test (test_cancel),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
