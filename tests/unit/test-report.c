/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include "p2v-server/report.h"

static Report *
sample (void)
{
  Report *report = report_new ();
  report_text (report, "how_to_go_live", "Start it.\nThen look at it.");
  report_phase (report, "inspect", 12.25);
  report_phase (report, "copy", 100);
  report_figure (report, "live_bytes", 3ll << 30);
  report_figure (report, "requests", 5000);
  report_change (report, "fstab", "/etc/fstab", "/dev/sda1 became UUID=1234.",
                 "The name does not exist on virtio.");
  report_change (report, "fstab", NULL, "Something without a file.", "Because.");
  report_warning (report, "%d%% of \"it\" is odd", 5);
  report_object (report, "guest",
                 json_from_string ("{\"os\":\"debian\",\"kernels\":[\"6.1\",\"5.10\"]}", NULL));
  return report;
}

static void
test_json (void **state G_GNUC_UNUSED)
{
  g_autoptr (Report) report = sample ();
  assert_int_equal (report_n_changes (report), 2);
  g_autoptr (JsonObject) json = report_to_json (report);
  JsonObject *change =
      json_array_get_object_element (json_object_get_array_member (json, "changes"), 0);
  assert_string_equal (json_object_get_string_member (change, "step"), "fstab");
  assert_string_equal (json_object_get_string_member (change, "file"), "/etc/fstab");
  assert_int_equal (
      json_object_get_int_member (json_object_get_object_member (json, "figures"), "live_bytes"),
      3ll << 30);
  assert_string_equal (
      json_array_get_string_element (json_object_get_array_member (json, "warnings"), 0),
      "5% of \"it\" is odd");
  /* The copy is the caller's: later entries are not in it. */
  report_change (report, "grub", NULL, "What.", "Why.");
  assert_int_equal (json_array_get_length (json_object_get_array_member (json, "changes")), 2);
}

static void
test_text (void **state G_GNUC_UNUSED)
{
  static const char *const wanted[] = {
      "How to go live\n--------------\nStart it.\nThen look at it.\n",
      "Warnings\n--------\n- 5% of \"it\" is odd\n",
      "inspect                                        12.2 s\n",
      "all                                           112.2 s\n",
      "live bytes                                     3221225472  (3.0 GiB)\n",
      "requests                                             5000\n",
      "[fstab]\n  /etc/fstab: /dev/sda1 became UUID=1234.\n"
      "      Why: The name does not exist on virtio.\n  Something without a file.\n",
      "Guest\n-----\nos: debian\nkernels:\n  - 6.1\n  - 5.10\n",
  };
  g_autoptr (Report) report = sample ();
  g_autofree char *text = report_to_text (report);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (!strstr (text, wanted[i]))
      fail_msg ("\"%s\" is not in:\n%s", wanted[i], text);
  assert_true (strstr (text, "How to go live") < strstr (text, "Phases"));
}

static void
test_empty (void **state G_GNUC_UNUSED)
{
  g_autoptr (Report) report = report_new ();
  g_autofree char *text = report_to_text (report);
  assert_string_equal (text, "");
}

static void
test_files (void **state G_GNUC_UNUSED)
{
  g_autofree char *dir = g_dir_make_tmp ("p2v-report-XXXXXX", NULL);
  g_autoptr (Report) report = sample ();
  GError *error = NULL;
  assert_true (report_write (report, dir, &error));
  assert_true (report_write (report, dir, &error));
  g_autofree char *json = g_build_filename (dir, "report.json", NULL);
  g_autofree char *text = g_build_filename (dir, "report.txt", NULL);
  g_autofree char *content = NULL, *wanted = report_to_text (report);
  assert_true (g_file_get_contents (text, &content, NULL, NULL));
  assert_string_equal (content, wanted);
  g_autoptr (JsonParser) parser = json_parser_new ();
  assert_true (json_parser_load_from_file (parser, json, NULL));
  (void)g_unlink (json);
  (void)g_unlink (text);
  assert_int_equal (g_rmdir (dir), 0); /* nothing temporary stayed */
  assert_false (report_write (report, dir, &error));
  assert_p2v_error (error, P2V_ERROR_IO);
}

static void
test_tame (void **state G_GNUC_UNUSED)
{
  g_autoptr (Report) report = report_new ();
  report_change (report, "fstab", "/etc/\033[2Jx", "a\rb", "c");
  report_text (report, "guest", "\177");
  g_autofree char *text = report_to_text (report);
  for (const char *p = text; *p; p++)
    assert_true (*p == '\n' || !g_ascii_iscntrl (*p));
  assert_non_null (strstr (text, "/etc/?[2Jx: a?b"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_json),  cmocka_unit_test (test_text), cmocka_unit_test (test_empty),
      cmocka_unit_test (test_files), cmocka_unit_test (test_tame),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
