/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure parts of the server's core: names, states, figures. */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include "p2v-server/jobdir.h"
#include "p2v-server/list.h"
#include "p2v-server/overlay.h"
#include "p2v-server/preflight.h"
#include "p2v-server/restricted.h"
#include "p2v-server/state.h"

static void
expect (char *text, const char *expected)
{
  assert_string_equal (text, expected);
  g_free (text);
}

static void
test_words (void **state G_GNUC_UNUSED)
{
  expect (list_age (-3), "0 s");
  expect (list_age (119), "119 s");
  expect (list_age (121), "2 min");
  expect (list_age (7200), "2 h");
  expect (list_age (3 * 86400 + 5), "3 d");
  expect (list_progress (0, 0), "-");
  expect (list_progress (1, 3), "33 %");
  expect (list_progress (5, 3), "100 %");
}

static void
test_room (void **state G_GNUC_UNUSED)
{
  assert_int_equal (overlay_cluster (1), 4096);
  assert_int_equal (overlay_cluster (64ull << 30), 4096);
  assert_int_equal (overlay_cluster ((64ull << 30) + 512), 16384);
  assert_int_equal (overlay_cluster ((1ull << 40) + 512), 65536);
  /* 64 GiB in clusters of 4 KiB: tables of 128 MiB */
  assert_int_equal (preflight_disk_room (64ull << 30, 0), 256ull << 20);
  assert_true (preflight_disk_room (64ull << 30, 32ull << 30) > 256ull << 20);
}

static void
test_restricted (void **state G_GNUC_UNUSED)
{
  static const char *const refused[] = {"",
                                        "p2v-server",
                                        "p2v-server list",
                                        "p2v-server session; id",
                                        "p2v-server session extra",
                                        "p2v-server data a",
                                        "p2v-server support",
                                        "p2v-server support a b",
                                        "p2v-server show a",
                                        "sudo -n p2v-server cancel a",
                                        "sudo p2v-server session",
                                        "'unbalanced",
                                        "sh -c id"};
  g_auto (GStrv) session = restricted_parse ("p2v-server session");
  assert_string_equal (session[1], "session");
  g_auto (GStrv) data = restricted_parse ("sudo -n p2v-server data abcdefgh 0");
  assert_int_equal (g_strv_length (data), 6);
  g_auto (GStrv) support = restricted_parse ("p2v-server support --keep abcdefgh");
  assert_int_equal (g_strv_length (support), 4);
  assert_null (restricted_parse (NULL));
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_null (restricted_parse (refused[i]));
}

/* A state directory for one test. */
static int
set_up (void **state)
{
  char *dir = g_dir_make_tmp ("p2v-jobs.XXXXXX", NULL);
  g_setenv ("P2V_STATE_DIR", dir, TRUE);
  *state = dir;
  return dir ? 0 : -1;
}

static int
tear_down (void **state)
{
  int result = jobdir_remove (*state, NULL) ? 0 : -1;
  g_free (*state);
  g_unsetenv ("P2V_STATE_DIR");
  return result;
}

static void
test_jobdir (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  int lock = -1;
  g_autofree char *dir = jobdir_new (&lock, &error);
  assert_non_null (dir);
  g_autofree char *id = g_path_get_basename (dir);
  assert_int_equal (strlen (id), 8);
  GStatBuf st;
  assert_int_equal (g_stat (dir, &st), 0);
  assert_int_equal (st.st_mode & 0777, 0700);
  assert_true (jobdir_is_alive (dir));
  assert_int_equal (jobdir_lock (dir), -1);

  g_autofree char *tmp = g_build_filename (dir, "tmp", "deep", NULL);
  g_autofree char *log = g_build_filename (dir, "log", NULL);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_mkdir_with_parents (tmp, 0700);
  assert_true (g_file_set_contents (log, "x", 1, NULL));
  assert_int_equal (symlink (log, link), 0);
  jobdir_strip (dir);
  assert_false (g_file_test (tmp, G_FILE_TEST_EXISTS));
  assert_false (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  assert_true (g_file_test (log, G_FILE_TEST_EXISTS));

  close (lock);
  assert_false (jobdir_is_alive (dir));
  g_autofree char *found = jobdir_find (id, &error);
  assert_string_equal (found, dir);
  g_auto (GStrv) ids = jobdir_list (&error);
  assert_int_equal (g_strv_length (ids), 1);
  assert_true (jobdir_remove (dir, &error));
  assert_null (jobdir_find (id, &error));
  assert_p2v_error (error, P2V_ERROR_JOB);
}

static void
test_bad_ids (void **state G_GNUC_UNUSED)
{
  static const char *const ids[] = {"", ".", "..", "../jobs", "ABCDEFGH", "abcdefg1", "abcdefghi"};
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (jobdir_find (ids[i], &error));
    assert_p2v_error (error, P2V_ERROR_JOB);
  }
}

static void
test_long_path (void **state)
{
  g_autofree char *name = g_strnfill (80, 'x');
  g_autofree char *dir = g_build_filename (*state, name, NULL);
  g_setenv ("P2V_STATE_DIR", dir, TRUE);
  g_autoptr (GError) error = NULL;
  int lock = -1;
  assert_null (jobdir_new (&lock, &error));
  assert_non_null (strstr (error->message, "P2V_STATE_DIR"));
  assert_p2v_error (error, P2V_ERROR_JOB);
}

static void
test_shared_root (void **state)
{
  g_autofree char *jobs = g_build_filename (*state, "jobs", NULL);
  g_mkdir (jobs, 0700);
  assert_int_equal (g_chmod (jobs, 0777), 0);
  g_autoptr (GError) error = NULL;
  assert_null (jobdir_root (&error));
  assert_p2v_error (error, P2V_ERROR_JOB);
}

static void
test_state (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  int lock = -1;
  g_autofree char *dir = jobdir_new (&lock, &error);
  g_autofree char *id = g_path_get_basename (dir);
  g_autoptr (State) written = state_new (id, "web-01");
  state_set (&written->phase, "copy");
  state_set (&written->message, "Größe \"x\"");
  written->pid = 7;
  written->done = 5000000000;
  written->total = 6000000000;
  assert_true (state_write (written, dir, &error));

  g_autoptr (State) read = state_read (dir);
  assert_string_equal (read->name, "web-01");
  assert_string_equal (read->phase, "copy");
  assert_string_equal (read->status, STATE_RUNNING);
  assert_string_equal (read->message, written->message);
  assert_int_equal (read->done, 5000000000);
  assert_int_equal (read->since, written->since);
  assert_true (state_is_open (read) && read->alive);

  close (lock); /* the process is gone */
  g_autoptr (State) dead = state_read (dir);
  assert_string_equal (dead->status, STATE_DEAD);
  assert_non_null (strstr (dead->remedy, id));
  assert_true (state_is_open (dead) && !dead->alive);

  state_set (&written->status, STATE_DONE);
  assert_true (state_write (written, dir, &error));
  g_autoptr (State) done = state_read (dir);
  assert_string_equal (done->status, STATE_DONE);
  assert_false (state_is_open (done));

  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  assert_true (g_file_set_contents (path, "[1, 2", -1, NULL));
  g_autoptr (State) damaged = state_read (dir);
  assert_string_equal (damaged->status, STATE_DEAD);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_words),
      cmocka_unit_test (test_room),
      cmocka_unit_test (test_restricted),
      cmocka_unit_test_setup_teardown (test_jobdir, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_bad_ids, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_long_path, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_shared_root, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_state, set_up, tear_down),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
