/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <string.h>
#include "common/message.h"
#include "p2v-client/secret-answer.h"
#include "p2v-server/secret-line.h"

/* What is taken out of LINE, joined by "|"; NULL: nothing.  *LEFT (caller frees): the line. */
static char *
take (const char *line, char **left)
{
  char *copy = g_strdup (line);
  g_autoptr (GPtrArray) secrets = secret_line_take (copy);
  *left = copy;
  if (!secrets)
    return NULL;
  g_ptr_array_add (secrets, NULL);
  return g_strjoinv ("|", (char **)secrets->pdata);
}

static void
assert_taken (const char *array, const char *expected)
{
  g_autofree char *line = g_strdup_printf (
      "{\"type\":\"answer\",\"id\":3,\"data\":{\"passphrases\":%s,\"leave\":true}}", array);
  g_autofree char *left = NULL;
  g_autofree char *secrets = take (line, &left);
  assert_string_equal (secrets, expected);
  g_autoptr (JsonObject) message = p2v_message_parse (left, strlen (left), P2V_FROM_CLIENT, NULL);
  assert_non_null (message);
  JsonObject *data = p2v_json_object (message, "data");
  assert_int_equal (json_array_get_length (p2v_json_array (data, "passphrases")), 0);
  assert_true (json_object_get_boolean_member (data, "leave"));
}

static void
test_taken (void **state G_GNUC_UNUSED)
{
  assert_taken ("[]", "");
  assert_taken ("[\"one\"]", "one");
  assert_taken ("[\"one\",\"\",\"two]\"]", "one|two]");
  assert_taken ("[\"a\\\"b\\\\c\\/\\t\"]", "a\"b\\c/\t");
  assert_taken ("[\"\\u00fc\\u20ac\\ud83d\\ude00\",\"é\"]", "ü€😀|é");
}

/* Nothing of it is left for the parser to stumble over. */
static void
test_broken (void **state G_GNUC_UNUSED)
{
  static const char *const arrays[] = {
      "[\"geheim",           "[\"geheim\"",         "[\"geheim\" ]",
      "[\"geheim\\u12\"]",   "[\"geheim\\x\"]",     "[7,\"geheim\"]",
      "[\"geheim\\ud800\"]", "[\"geheim\\u0000\"]", "[\"geheim\\"};
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++) {
    g_autofree char *line =
        g_strdup_printf ("{\"type\":\"answer\",\"id\":3,\"data\":{\"passphrases\":%s}}", arrays[i]);
    g_autofree char *left = NULL;
    g_autofree char *secrets = take (line, &left);
    assert_int_equal (strlen (left), strlen (line));
    assert_null (strstr (left, "geheim"));
    g_autoptr (JsonObject) message = p2v_message_parse (left, strlen (left), P2V_FROM_CLIENT, NULL);
    assert_null (message);
  }
}

static void
test_others (void **state G_GNUC_UNUSED)
{
  static const char *const lines[] = {
      "{\"type\":\"alive\"}", "",
      "{\"type\":\"log\",\"level\":\"info\",\"text\":\"\\\"passphrases\\\":[\\\"a\\\"]\"}"};
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *left = NULL;
    g_autofree char *secrets = take (lines[i], &left);
    assert_null (secrets);
    assert_string_equal (left, lines[i]);
  }
}

/* What the client writes. */
static void
test_client (void **state G_GNUC_UNUSED)
{
  char *list[] = {(char *)"with \"quotes\", \\ and\ttab", (char *)"ü\x01", NULL};
  char *line = secret_answer_new (5, list, FALSE);
  g_autofree char *left = NULL;
  g_autofree char *secrets = take (line, &left);
  assert_string_equal (secrets, "with \"quotes\", \\ and\ttab|ü\x01");
  secret_answer_free (line);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_taken),
      cmocka_unit_test (test_broken),
      cmocka_unit_test (test_others),
      cmocka_unit_test (test_client),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
