/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/message.h"
#include <string.h>

static JsonObject *
parse (const char *line, P2vDirection from, GError **error)
{
  return p2v_message_parse (line, strlen (line), from, error);
}

static void
test_round_trip (void **state G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) out = p2v_message_new ("hello");
  json_object_set_int_member (out, "protocol", P2V_PROTOCOL_VERSION);
  json_object_set_string_member (out, "version", "1.0 \"quoted\"\n");
  g_autofree char *line = p2v_message_to_line (out);
  assert_int_equal (line[strlen (line) - 1], '\n');
  assert_null (memchr (line, '\n', strlen (line) - 1));

  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) in = p2v_message_parse (line, strlen (line) - 1, P2V_FROM_CLIENT, &error);
  assert_non_null (in);
  assert_string_equal (p2v_message_type (in), "hello");
  assert_string_equal (p2v_json_string (in, "version", ""), "1.0 \"quoted\"\n");
  assert_int_equal (p2v_json_int (in, "protocol", 0), P2V_PROTOCOL_VERSION);
}

static void
test_refused (void **state G_GNUC_UNUSED)
{
  static const char *const bad[] = {
      "",
      "{",
      "[]",
      "3",
      "null",
      "\"hello\"",
      "{}",
      "{\"type\":3}",
      "{\"type\":\"nonsense\"}",
      "{\"type\":\"hello\"}",
      "{\"type\":\"hello\",\"protocol\":\"1\",\"version\":\"x\"}",
      "{\"type\":\"hello\",\"protocol\":1,\"version\":\"x\",\"more\":1}",
      "{\"type\":\"hello\",\"protocol\":1.5,\"version\":\"x\"}",
      "{\"type\":\"accepted\",\"job\":\"x\"}", /* the server's, from a client */
      "{\"type\":\"start\",\"instance\":\"x\",\"settings\":[],\"machine\":{}}",
      "{\"type\":\"start\",\"settings\":{},\"machine\":{}}", /* nobody's */
      "{\"type\":\"attach\",\"job\":\"x\"}",
      "{\"type\":\"attach\",\"job\":\"x\",\"instance\":1}",
      "{\"type\":\"alive\",\"since\":1}",
      "{\"type\":\"taken\",\"disk\":0,\"records\":1}", /* the server's, too */
      "\xff\xfe",
      "login: banner",
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (parse (bad[i], P2V_FROM_CLIENT, &error));
    assert_p2v_error (error, P2V_ERROR_PROTOCOL);
  }
}

static void
test_progress (void **state G_GNUC_UNUSED)
{
  static const struct {
    const char *line;
    gboolean good;
  } lines[] = {
      {"{\"type\":\"progress\",\"phase\":\"plan\",\"done\":1,\"total\":2}", TRUE},
      {"{\"type\":\"progress\",\"phase\":\"copy\",\"done\":1,\"total\":2,\"link_done\":0,"
       "\"link_total\":1}",
       TRUE},
      {"{\"type\":\"progress\",\"phase\":\"copy\",\"done\":1,\"total\":2,\"link_done\":\"0\"}",
       FALSE},
      {"{\"type\":\"progress\",\"phase\":\"copy\",\"done\":1,\"link_done\":0,\"link_total\":1}",
       FALSE},
      {"{\"type\":\"phase\",\"phase\":\"copy\",\"words\":\"\",\"index\":6,\"count\":9,\"bytes\":5}",
       TRUE},
      {"{\"type\":\"phase\",\"phase\":\"copy\",\"words\":\"\",\"index\":6,\"bytes\":5}", FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    GError *error = NULL;
    JsonObject *message = parse (lines[i].line, P2V_FROM_SERVER, &error);
    assert_int_equal (message != NULL, lines[i].good);
    g_clear_pointer (&message, json_object_unref);
    g_clear_error (&error);
  }
}

static void
test_instances (void **state G_GNUC_UNUSED)
{
  assert_true (p2v_instance_is_valid ("0123456789abcdef0123456789abcdef"));
  assert_false (p2v_instance_is_valid (""));
  assert_false (p2v_instance_is_valid ("0123456789abcdef0123456789abcde"));
  assert_false (p2v_instance_is_valid ("0123456789abcdef0123456789abcdef0"));
  assert_false (p2v_instance_is_valid ("0123456789ABCDEF0123456789ABCDEF"));
  assert_false (p2v_instance_is_valid ("0123456789abcdef0123456789abcde\n"));
}

static void
test_too_deep (void **state G_GNUC_UNUSED)
{
  g_autoptr (GString) line = g_string_new ("{\"type\":\"start\",\"machine\":{},\"settings\":");
  for (guint i = 0; i < 100000; i++)
    g_string_append (line, "[");
  g_autoptr (GError) error = NULL;
  assert_null (parse (line->str, P2V_FROM_CLIENT, &error));
  assert_p2v_error (error, P2V_ERROR_PROTOCOL);
}

static void
test_infinite (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  assert_null (parse ("{\"type\":\"answer\",\"id\":1,\"data\":{\"sizes\":[1e999]}}",
                      P2V_FROM_CLIENT, &error));
  assert_p2v_error (error, P2V_ERROR_PROTOCOL);
}

static void
test_too_long (void **state G_GNUC_UNUSED)
{
  g_autofree char *line = g_malloc (P2V_MESSAGE_MAX);
  memset (line, ' ', P2V_MESSAGE_MAX);
  g_autoptr (GError) error = NULL;
  assert_null (p2v_message_parse (line, P2V_MESSAGE_MAX, P2V_FROM_CLIENT, &error));
  assert_p2v_error (error, P2V_ERROR_PROTOCOL);
}

static void
test_optional (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) with = parse (
      "{\"type\":\"finished\",\"result\":\"failed\",\"error\":{\"code\":\"space\"},\"summary\":{}}",
      P2V_FROM_SERVER, &error);
  assert_non_null (with);
  assert_string_equal (p2v_json_string (p2v_json_object (with, "error"), "code", ""), "space");
  g_autoptr (JsonObject) without =
      parse ("{\"type\":\"finished\",\"result\":\"ok\",\"summary\":{}}", P2V_FROM_SERVER, &error);
  assert_non_null (without);
  assert_null (p2v_json_object (without, "error"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_round_trip), cmocka_unit_test (test_progress),
      cmocka_unit_test (test_refused),    cmocka_unit_test (test_too_deep),
      cmocka_unit_test (test_too_long),   cmocka_unit_test (test_instances),
      cmocka_unit_test (test_optional),   cmocka_unit_test (test_infinite),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
