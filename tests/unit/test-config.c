/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings files: what may stand in one, and where it is looked for. */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include "config.h"
#include "machine-id.h"
#include "settings.h"

static void
test_lines (void **state)
{
  (void)state;
  static const char text[] = "\xef\xbb\xbf# all of it\r\n"
                             "\r\n"
                             "  p2v.server=conv.example  \r\n"
                             "p2v.pre=\"echo a  # b\"\n"
                             "\t# p2v.port=1\n"
                             "p2v.sudo\n"
                             "p2v.auth.username=joe\n"
                             "p2v.name=web-01";
  g_autoptr (Settings) settings = settings_new ();
  GError *error = NULL;
  assert_true (settings_parse_file (settings, text, "x", &error));
  assert_string_equal (settings_get (settings, SETTING_server), "conv.example");
  assert_string_equal (settings_get (settings, SETTING_pre), "echo a  # b");
  assert_string_equal (settings_get (settings, SETTING_username), "joe");
  assert_string_equal (settings_get (settings, SETTING_name), "web-01");
  assert_true (settings_get_bool (settings, SETTING_sudo));
  assert_false (settings_given (settings, SETTING_port));
}

static void
test_refusals (void **state)
{
  (void)state;
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"p2v.server=a\np2v.servr=b\n", "site.conf,|line 2:|p2v.servr|p2v.server."},
      {"\n\np2v.port=99999", "line 3:|p2v.port=99999"},
      {"ip=dhcp", "line 1:|ip|not an argument"},
      {"server=conv", "line 1:|server"},
      {"p2v.server=a p2v.port=22", "line 1:|p2v.server|more behind"},
      {"p2v.pre=\"echo", "line 1:|p2v.pre|not closed"},
      {"p2v.server=a\n#\np2v.server=b", "line 3:|given twice"},
      {"p2v.config=file:///x", "line 1:|p2v.config"},
      {"p2v.config.fingerprint=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "line 1:"},
      {"p2v.password=", "line 1:|p2v.password"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Settings) settings = settings_new ();
    GError *error = NULL;
    if (settings_parse_file (settings, cases[i].text, "site.conf", &error))
      fail_msg ("%s was taken", cases[i].text);
    g_auto (GStrv) words = g_strsplit (cases[i].words, "|", -1);
    for (guint j = 0; words[j]; j++)
      if (!strstr (error->message, words[j]))
        fail_msg ("\"%s\" is not in: %s", words[j], error->message);
    assert_p2v_error (error, P2V_ERROR_SETTINGS);
  }
}

/* A secret with a mistake before it is not told. */
static void
test_secret (void **state)
{
  (void)state;
  g_autoptr (Settings) settings = settings_new ();
  GError *error = NULL;
  assert_false (settings_parse_file (settings, "p2v.passwrd=hunter2", "x", &error));
  assert_null (strstr (error->message, "hunter2"));
  g_clear_error (&error);
  assert_false (settings_parse_file (settings, "p2v.password=hunter2 and more", "x", &error));
  assert_null (strstr (error->message, "hunter2"));
  g_clear_error (&error);
}

static void
test_places (void **state)
{
  (void)state;
  char *macs[] = {(char *)"52:54:00:AB:cd:01", (char *)"52:54:00:ab:cd:02", NULL};
  char *none[] = {NULL};
  const MachineId all = {(char *)"4c4c4544-0001", (char *)"SN 12/34", macs};
  const MachineId bare = {NULL, NULL, none};
  const MachineId dots = {NULL, (char *)"..", none};
  static const struct {
    const char *pattern, *all, *bare;
  } cases[] = {
      {"https://h/x.conf", "https://h/x.conf", "https://h/x.conf"},
      {"https://h/%u", "https://h/4c4c4544-0001", ""},
      {"https://h/a%20b/%s.conf", "https://h/a%20b/SN-12-34.conf", ""},
      {"/%m", "/52-54-00-ab-cd-01 /52-54-00-ab-cd-02", ""},
      {"/%m-%u", "/52-54-00-ab-cd-01-4c4c4544-0001 /52-54-00-ab-cd-02-4c4c4544-0001", ""},
      {"/p2v/",
       "/p2v/4c4c4544-0001.conf /p2v/SN-12-34.conf /p2v/52-54-00-ab-cd-01.conf "
       "/p2v/52-54-00-ab-cd-02.conf /p2v/default.conf",
       "/p2v/default.conf"},
      {"/%s/",
       "/SN-12-34/4c4c4544-0001.conf /SN-12-34/SN-12-34.conf /SN-12-34/52-54-00-ab-cd-01.conf "
       "/SN-12-34/52-54-00-ab-cd-02.conf /SN-12-34/default.conf",
       ""},
      {"/%m/", "/52-54-00-ab-cd-01/default.conf /52-54-00-ab-cd-02/default.conf", ""},
      {"/100%", "/100%", "/100%"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) places = machine_id_places (&all, cases[i].pattern);
    g_autofree char *joined = g_strjoinv (" ", places);
    assert_string_equal (joined, cases[i].all);
    g_auto (GStrv) few = machine_id_places (&bare, cases[i].pattern);
    g_autofree char *rest = g_strjoinv (" ", few);
    assert_string_equal (rest, cases[i].bare);
  }
  g_auto (GStrv) up = machine_id_places (&dots, "/%s/x");
  assert_null (up[0]);
}

static void
test_values (void **state)
{
  (void)state;
  static const char *const good[] = {"https://h/x/",   "https://me:pw@h/%m.conf", "LABEL=P2V",
                                     "LABEL=My stick", "LABEL=P2V:/x/%u.conf",    "file:///etc/x"};
  static const char *const bad[] = {"http://h/x",  "ftp://h/x", "P2V",    "LABEL=",  "LABEL=a/b",
                                    "LABEL=P2V:x", "LABEL=:/x", "/etc/x", "file://x"};
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    assert_true (settings_check (SETTING_config, good[i], NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    if (settings_check (SETTING_config, bad[i], NULL))
      fail_msg ("%s was taken", bad[i]);
}

static void
test_kernel_wins (void **state)
{
  (void)state;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("config-XXXXXX", &path, NULL);
  assert_true (fd >= 0);
  assert_true (g_close (fd, NULL));
  assert_true (g_file_set_contents (
      path, "p2v.server=file.example\np2v.port=2222\np2v.password=hunter2\n", -1, NULL));
  g_autofree char *line = g_strdup_printf ("p2v.port=22 p2v.config=file://%s", path);
  g_autoptr (Settings) settings = settings_new ();
  g_autofree char *where = NULL;
  GError *error = NULL;
  assert_true (settings_parse (settings, line, &error));
  assert_true (config_load (settings, 0, &where, &error));
  assert_non_null (strstr (where, path));
  assert_string_equal (settings_get (settings, SETTING_server), "file.example");
  assert_int_equal (settings_get_uint (settings, SETTING_port), 22);
  assert_string_equal (settings_get (settings, SETTING_password), "hunter2");
  assert_true (settings_headless (settings, NULL));

  (void)g_unlink (path);
  g_autoptr (Settings) again = settings_new ();
  assert_true (settings_parse (again, line, &error));
  assert_false (config_load (again, 0, NULL, &error));
  assert_non_null (strstr (error->message, path));
  assert_p2v_error (error, P2V_ERROR_SETTINGS);
  settings_set (again, SETTING_config, "LABEL=nosuchlabel0:/x");
  assert_false (config_load (again, 0, NULL, &error));
  assert_non_null (strstr (error->message, "nosuchlabel0"));
  assert_p2v_error (error, P2V_ERROR_SETTINGS);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_lines),  cmocka_unit_test (test_refusals),
      cmocka_unit_test (test_secret), cmocka_unit_test (test_places),
      cmocka_unit_test (test_values), cmocka_unit_test (test_kernel_wins),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
