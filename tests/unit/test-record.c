/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is logged, for others: syslog's format and places, lines kept for the server, the clock. */
#include "unit.h"
#include <string.h>
#include "clock.h"
#include "common/log.h"
#include "p2v-server/client-log.h"
#include "remote-login.h"
#include "remote-syslog.h"
#include "settings.h"

static void
test_places (void **state G_GNUC_UNUSED)
{
  static const struct {
    const char *url, *host;
    guint port;
    gboolean tcp;
  } good[] = {
      {"syslog://log.example.org", "log.example.org", 514, FALSE},
      {"syslog://192.0.2.1:1514", "192.0.2.1", 1514, FALSE},
      {"syslog+tcp://[2001:db8::1]:6514", "2001:db8::1", 6514, TRUE},
      {"syslog+tcp://h/", "h", 514, TRUE},
  };
  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (SyslogPlace) place = syslog_place_parse (good[i].url);
    assert_non_null (place);
    assert_string_equal (place->host, good[i].host);
    assert_int_equal (place->port, good[i].port);
    assert_int_equal (place->tcp, good[i].tcp);
  }
  static const char *const bad[] = {"syslog://",      "syslog://h:0",  "syslog://h:70000",
                                    "udp://h",        "syslog://h/x",  "syslog://me@h",
                                    "syslog://h:x",   "h:514",         "",
                                    "syslog://h?x=1", "syslog+udp://h"};
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    if (syslog_place_parse (bad[i]))
      fail_msg ("%s was taken", bad[i]);
  assert_true (settings_check (SETTING_log, "syslog://h,LABEL=P2VLOG", NULL));
  assert_false (settings_check (SETTING_log, "usb", NULL));
  assert_false (settings_check (SETTING_log, "LABEL=P2V:/x", NULL));
  assert_false (settings_check (SETTING_log, "syslog://h,syslog://h", NULL));
}

static void
test_message (void **state G_GNUC_UNUSED)
{
  const gint64 time = G_GINT64_CONSTANT (1767225599987654);
  g_autofree char *line = syslog_message (P2V_LOG_WARNING, time, "web 01", "it's late");
  assert_string_equal (line, "<28>1 2025-12-31T23:59:59.987Z web-01 p2v-client - - - it's late");
  g_autofree char *error = syslog_message (P2V_LOG_ERROR, time, "", "x");
  assert_true (g_str_has_prefix (error, "<27>1 2025-12-31T23:59:59.987Z - p2v-client"));
  /* Cut between two characters. */
  g_autofree char *many = g_strnfill (3000, 'x');
  memcpy (many + 1799, "\xc3\xa4", 2);
  g_autofree char *cut = syslog_message (P2V_LOG_INFO, time, "h", many);
  assert_true (strlen (cut) < 2048 && g_utf8_validate (cut, -1, NULL));
}

typedef struct {
  GString *heard;
} Heard;

static void
hear (P2vLogLevel level, const char *text, gboolean told, gpointer data)
{
  g_string_append_printf (((Heard *)data)->heard, "%s%s:%s|", told ? "+" : "",
                          p2v_log_level_name (level), text);
}

static void
test_sink (void **state G_GNUC_UNUSED)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Heard heard = {text};
  p2v_log_open (-1, P2V_LOG_WARNING);
  p2v_log_set_sink (hear, &heard);
  p2v_log_keep (2);
  p2v_log_add_secret ("hunter22");
  p2v_debug ("no");
  p2v_info ("one hunter22");
  p2v_log_tell (P2V_LOG_ERROR, "told\x1b[2J");
  p2v_warning ("two");
  p2v_info ("three");
  p2v_log_set_sink (NULL, NULL);
  p2v_warning ("four");
  assert_string_equal (text->str, "info:one ********|+error:told [2J|warning:two|info:three|");
  P2vLogLevel level;
  g_autofree char *first = p2v_log_take_kept (&level);
  assert_string_equal (first, "three");
  assert_int_equal (level, P2V_LOG_INFO);
  g_autofree char *second = p2v_log_take_kept (&level);
  assert_string_equal (second, "four");
  assert_int_equal (level, P2V_LOG_WARNING);
  assert_null (p2v_log_take_kept (&level));
  p2v_log_keep (0);
  p2v_log_forget_secrets ();
}

/* A client's words in the job's log: known levels, one line each, not without end. */
static void
test_client_log (void **state G_GNUC_UNUSED)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Heard heard = {text};
  guint lines = 0;
  p2v_log_open (-1, P2V_LOG_WARNING);
  p2v_log_set_sink (hear, &heard);
  static const char *const said[][2] = {
      {"warning", "a\nb"}, {"nonsense", "c"}, {"error", "\x1b[31md"}};
  for (guint i = 0; i < G_N_ELEMENTS (said); i++) {
    g_autoptr (JsonObject) message = json_object_new ();
    json_object_set_string_member (message, "level", said[i][0]);
    json_object_set_string_member (message, "text", said[i][1]);
    client_log_take (message, &lines);
  }
  assert_string_equal (text->str, "warning:client: a b|info:client: c|error:client:  [31md|");
  g_string_truncate (text, 0);
  g_autoptr (JsonObject) again = json_object_new ();
  json_object_set_string_member (again, "level", "info");
  json_object_set_string_member (again, "text", "x");
  for (guint i = 0; i < 20000; i++)
    client_log_take (again, &lines);
  p2v_log_set_sink (NULL, NULL);
  assert_true (text->len < 10000 * strlen ("info:client: x|") + 100);
}

static void
test_clock (void **state G_GNUC_UNUSED)
{
  const gint64 now = G_GINT64_CONSTANT (1764099272); /* 2025-11-25 19:34:32 */
  static const struct {
    gint64 apart;
    const char *words;
    gboolean zone;
  } cases[] = {
      {0, NULL, FALSE},
      {119, NULL, FALSE},
      {-120, NULL, FALSE},
      {300, "5 min ahead", FALSE},
      {-300, "5 min behind", FALSE},
      {2 * 3600, "2 h 0 min ahead", TRUE},
      {-5 * 3600 - 1860, "5 h 31 min behind", TRUE},
      {3600 + 420, "1 h 7 min ahead", FALSE},
      {-15 * 3600, "15 h 0 min behind", FALSE},
      {-86400 * 5840, "5840 days behind", FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = clock_complaint (now + cases[i].apart, now);
    if (!cases[i].words) {
      assert_null (text);
      continue;
    }
    assert_non_null (text);
    assert_non_null (strstr (text, cases[i].words));
    assert_non_null (strstr (text, "2025-11-25 19:34 UTC"));
    assert_int_equal (strstr (text, "local time") != NULL, cases[i].zone);
  }
  /* A server's nonsense. */
  g_autofree char *far = clock_complaint (now, G_MAXINT64);
  g_autofree char *before = clock_complaint (G_MININT64, 0);
  assert_non_null (far);
  assert_null (before);
}

#define BLOB "AAAAC3NzaC1lZDI1NTE5AAAAIIRfrv+ezHewgAUIoGXQg6O7oSBJ/KAquVgP2i6q/XFa"

static void
test_keys (void **state G_GNUC_UNUSED)
{
  guint wrong = 7;
  assert_true (remote_login_is_key ("ssh-ed25519 " BLOB));
  assert_true (remote_login_is_key ("ssh-rsa " BLOB " me at home"));
  static const char *const bad[] = {"",
                                    "ssh-ed25519",
                                    "ssh-ed25519 AAAA",
                                    "command=\"x\" ssh-ed25519 " BLOB,
                                    "ssh-dss " BLOB,
                                    "ssh-ed25519 B" BLOB,
                                    "ssh-ed25519 " BLOB "!",
                                    "-----BEGIN OPENSSH PRIVATE KEY-----"};
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    if (remote_login_is_key (bad[i]))
      fail_msg ("%s was taken", bad[i]);
  g_autofree char *keys =
      remote_login_keys ("# ours\r\n\r\nssh-ed25519 " BLOB " a\r\n  ssh-rsa " BLOB "\n", &wrong);
  assert_string_equal (keys, "ssh-ed25519 " BLOB " a\nssh-rsa " BLOB "\n");
  assert_null (remote_login_keys ("# none\n", &wrong));
  assert_int_equal (wrong, 0);
  assert_null (remote_login_keys ("ssh-rsa " BLOB "\n-----BEGIN", &wrong));
  assert_int_equal (wrong, 2);
  assert_true (settings_check (SETTING_ssh_key, "ssh-ed25519 " BLOB " x", NULL));
  assert_false (settings_check (SETTING_ssh_key, "ssh-ed25519", NULL));
  assert_false (settings_check (SETTING_ssh, "http://h/keys", NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_places), cmocka_unit_test (test_message),
      cmocka_unit_test (test_sink),   cmocka_unit_test (test_client_log),
      cmocka_unit_test (test_clock),  cmocka_unit_test (test_keys),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
