/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/log.h"
#include "common/process.h"
#include "common/unit.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_output (void **state G_GNUC_UNUSED)
{
  const char *const argv[] = {"printf", "%s", "a b;c", NULL};
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (p2v_process_run (argv, &output, NULL, &error));
  assert_string_equal (output, "a b;c");
}

static void
test_failures (void **state G_GNUC_UNUSED)
{
  const char *const missing[] = {"/nowhere/program", NULL};
  const char *const failing[] = {"ls", "/nowhere", NULL};
  g_autoptr (GError) error = NULL;
  assert_false (p2v_process_run (missing, NULL, NULL, &error));
  assert_p2v_error (error, P2V_ERROR_INTERNAL);
  assert_false (p2v_process_run (failing, NULL, NULL, &error));
  assert_non_null (strstr (error->message, "/nowhere"));
  assert_p2v_error (error, P2V_ERROR_INTERNAL);
}

static gpointer
cancel_soon (gpointer cancel)
{
  g_usleep (100 * 1000);
  g_cancellable_cancel (cancel);
  return NULL;
}

static void
test_cancel (void **state G_GNUC_UNUSED)
{
  const char *const argv[] = {"sleep", "60", NULL};
  g_autoptr (GCancellable) cancel = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_soon, cancel);
  assert_false (p2v_process_run (argv, NULL, cancel, &error));
  g_thread_join (thread);
  assert_p2v_error (error, P2V_ERROR_CANCELLED);
}

static void
test_stop (void **state G_GNUC_UNUSED)
{
  /* A shell that ignores SIGTERM has to be killed. */
  const char *const argv[] = {"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done", NULL};
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = p2v_process_spawn (argv, -1, &error);
  assert_non_null (process);
  g_usleep (200 * 1000);
  p2v_process_stop (process, 100);
  assert_null (g_subprocess_get_identifier (process));
}

static void
test_redaction (void **state G_GNUC_UNUSED)
{
  p2v_log_add_secret ("hunter2");
  g_autofree char *text = p2v_log_redact ("p2v.password=hunter2 and hunter2");
  assert_string_equal (text, "p2v.password=******** and ********");
  /* However often somebody tries. */
  for (guint i = 0; i < 100; i++)
    p2v_log_add_secret ("hunter2");
  p2v_log_add_secret ("correct horse");
  g_autofree char *later = p2v_log_redact ("correct horse");
  assert_string_equal (later, "********");
}

static void
test_digest_record (void **state G_GNUC_UNUSED)
{
  P2vDigestRecord in = {.offset = 0x123456789abcULL, .length = 4096}, out;
  guint8 packed[P2V_DIGEST_RECORD_SIZE];
  p2v_digest ("abc", 3, in.digest);
  p2v_digest_record_pack (&in, packed);
  p2v_digest_record_unpack (packed, &out);
  assert_int_equal (out.offset, in.offset);
  assert_int_equal (out.length, in.length);
  assert_memory_equal (out.digest, in.digest, P2V_DIGEST_SIZE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_output),    cmocka_unit_test (test_failures),
      cmocka_unit_test (test_cancel),    cmocka_unit_test (test_stop),
      cmocka_unit_test (test_redaction), cmocka_unit_test (test_digest_record),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
