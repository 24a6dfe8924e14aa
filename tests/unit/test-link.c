/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's link: what can be judged without a server. */
#include "unit.h"
#include "common/message.h"
#include "common/unit.h"
#include "p2v-client/auth.h"
#include "p2v-client/backoff.h"
#include "p2v-client/control.h"
#include "p2v-client/digest-queue.h"
#include "p2v-client/fetch.h"
#include "p2v-client/gauge.h"
#include "p2v-client/hostkey.h"
#include "p2v-client/peer.h"
#include "p2v-client/summary.h"

static void
pinned_host_keys (void **state G_GNUC_UNUSED)
{
  char *pinned[] = {(char *)"SHA256:abc+/d=", (char *)"sha256:EFG", NULL};
  assert_true (hostkey_is_pinned ("SHA256:abc+/d", pinned));
  assert_true (hostkey_is_pinned ("SHA256:EFG=", pinned));
  assert_false (hostkey_is_pinned ("SHA256:efg", pinned));
  assert_false (hostkey_is_pinned ("SHA256:abc", pinned));
  assert_false (hostkey_is_pinned ("SHA256:", pinned));
  assert_false (hostkey_is_pinned ("MD5:abc", pinned));
  assert_false (hostkey_is_pinned ("SHA256:abc", NULL));
}

static void
jump_hosts (void **state G_GNUC_UNUSED)
{
  static const struct {
    const char *place, *user, *host;
    guint port;
  } good[] = {
      {"gw", NULL, "gw", 0},
      {"me@gw.example", "me", "gw.example", 0},
      {"gw:2222", NULL, "gw", 2222},
      {"me@192.0.2.7:22", "me", "192.0.2.7", 22},
      {"2001:db8::7", NULL, "2001:db8::7", 0},
      {"me@[2001:db8::7]:22", "me", "2001:db8::7", 22},
      {"[2001:db8::7]", NULL, "2001:db8::7", 0},
      {"a@b@gw", "a@b", "gw", 0},
  };
  static const char *const bad[] = {
      "",     "@gw",     "me@", ":22",   "gw:",    "gw:0",     "gw:-1", "gw:65536",
      "[::1", "[::1]22", "[]",  "[]:22", "gw:22x", "me@gw:+2", "gw:\t2"};
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *user = NULL, *host = NULL;
    guint16 port;
    assert_true (peer_split (good[i].place, &user, &host, &port));
    assert_int_equal (g_strcmp0 (user, good[i].user), 0);
    assert_string_equal (host, good[i].host);
    assert_int_equal (port, good[i].port);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    char *user, *host;
    guint16 port;
    assert_false (peer_split (bad[i], &user, &host, &port));
    assert_null (user);
    assert_null (host);
  }
}

/* The server's words are for a terminal, but not for its escapes. */
static void
summaries_are_clean (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) machine = p2v_machine_new ();
  g_autoptr (JsonNode) root =
      json_from_string ("{\"phases\": [{\"name\": \"\\u001b[2J\", \"seconds\": 1}, 3], "
                        "\"figures\": {\"a\\u001b_b\\n\": 2}}",
                        NULL);
  g_autofree char *text = summary_of_job (json_node_get_object (root), machine);
  for (const char *p = text; *p; p++)
    assert_true (*p == '\n' || !g_ascii_iscntrl (*p));
  assert_non_null (strstr (text, "a  b"));
}

static void
revoked_host_keys (void **state G_GNUC_UNUSED)
{
  static const char text[] = "host ssh-ed25519 AAAA\n# @revoked * ssh-ed25519 BBBB\n"
                             "\n@revoked *\tssh-ed25519  CCCC comment\r\n@revoked";
  assert_false (hostkey_is_revoked (text, "AAAA"));
  assert_false (hostkey_is_revoked (text, "BBBB"));
  assert_true (hostkey_is_revoked (text, "CCCC"));
  assert_false (hostkey_is_revoked (text, "CCC"));
  assert_false (hostkey_is_revoked ("", "AAAA"));
}

static void
identity_names_hide_passwords (void **state G_GNUC_UNUSED)
{
  static const char *const cases[][2] = {
      {"/root/id", "/root/id"},
      {"http://host/id", "http://host/id"},
      {"https://me:secret@host/id", "https://host/id"},
      {"https://me:se@cret@host/a@b", "https://host/a@b"},
      {"http://host/a?b=c@d", "http://host/a?b=c@d"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = fetch_public_name (cases[i][0]);
    assert_string_equal (name, cases[i][1]);
  }
}

static void
method_names (void **state G_GNUC_UNUSED)
{
  g_autofree char *two = auth_method_names (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY);
  assert_string_equal (two, "publickey, password");
  g_autofree char *none = auth_method_names (0);
  assert_string_equal (none, "nothing that p2v knows");
}

static void
compression_follows_the_link (void **state G_GNUC_UNUSED)
{
  const GaugeReading slow_link = {.blocked = 0.9, .busy = 0.1, .rate = 10e6};
  const GaugeReading fast_link = {.blocked = 0.9, .busy = 0.3, .rate = 300e6};
  const GaugeReading no_demand = {.blocked = 0.0, .busy = 0.05, .rate = 1e6};
  const GaugeReading slow_cpu = {.blocked = 0.02, .busy = 0.97, .rate = 30e6, .gain = 0.5};
  const GaugeReading gains = {.blocked = 0.8, .busy = 0.4, .rate = 10e6, .gain = 0.5};
  const GaugeReading gains_nothing = {.blocked = 0.9, .busy = 0.2, .rate = 10e6, .gain = 0.001};
  const GaugeReading costs_nothing = {.blocked = 0.9, .busy = 0.05, .rate = 1e6, .gain = 0.001};
  assert_true (gauge_decide (FALSE, &slow_link));
  assert_false (gauge_decide (FALSE, &fast_link));
  assert_false (gauge_decide (FALSE, &no_demand));
  assert_false (gauge_decide (FALSE, &slow_cpu));
  assert_true (gauge_decide (TRUE, &gains));
  assert_false (gauge_decide (TRUE, &gains_nothing));
  assert_true (gauge_decide (TRUE, &costs_nothing));
  assert_false (gauge_decide (TRUE, &slow_cpu));
}

/* Processor time of this thread, microseconds. */
static void
work_for (clock_t microseconds)
{
  clock_t end = clock () + microseconds * CLOCKS_PER_SEC / G_USEC_PER_SEC;
  while (clock () < end)
    ;
}

static void
gauge_decides_by_interval (void **state G_GNUC_UNUSED)
{
  Gauge gauge = {.compress = FALSE};
  gint64 now = 1000;
  const guint64 step = 1 << 20;
  assert_false (gauge_update (&gauge, now, 0, TRUE, 0, 0));
  now += GAUGE_INTERVAL / 2;
  assert_false (gauge_update (&gauge, now, GAUGE_INTERVAL / 2, TRUE, step, step));
  /* The test itself needs no processor time to speak of. */
  now += GAUGE_INTERVAL / 2;
  assert_true (gauge_update (&gauge, now, GAUGE_INTERVAL / 2, TRUE, 2 * step, 2 * step));
  /* No gain: not again for a while, when it costs something. */
  now += GAUGE_INTERVAL;
  work_for (GAUGE_INTERVAL / 4);
  assert_false (gauge_update (&gauge, now, GAUGE_INTERVAL, TRUE, 3 * step, 3 * step));
  now += GAUGE_INTERVAL;
  assert_false (gauge_update (&gauge, now, GAUGE_INTERVAL, TRUE, 4 * step, 4 * step));
  now += 10 * G_TIME_SPAN_SECOND;
  assert_true (gauge_update (&gauge, now, 10 * G_TIME_SPAN_SECOND, TRUE, 5 * step, 5 * step));
}

static void
server_texts_are_cleaned (void **state G_GNUC_UNUSED)
{
  g_autofree char *clean = control_clean_text ("a\033[2Jb\nc\x01\xff"
                                               "d");
  assert_null (strpbrk (clean, "\033\n\x01\xff"));
  assert_non_null (strstr (clean, "[2Jb c"));
  g_autofree char *long_text = g_strnfill (5000, 'x');
  g_autofree char *cut = control_clean_text (long_text);
  assert_int_equal (strlen (cut), 1000);
}

static void
server_errors_keep_their_code (void **state G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) object = json_object_new ();
  json_object_set_string_member (object, "code", p2v_error_code_name (P2V_ERROR_SPACE));
  json_object_set_string_member (object, "problem", "Too small.");
  json_object_set_string_member (object, "remedy", "Make\033room.");
  GError *error = control_error (object);
  g_autofree char *sentence = p2v_error_sentence (error);
  assert_string_equal (sentence, "Too small. Make room.");
  assert_p2v_error (error, P2V_ERROR_SPACE);
}

static void
digests_go_in_batches (void **state G_GNUC_UNUSED)
{
  const guint n = 5000;
  g_autofree guint8 *records = g_malloc0 ((gsize)n * P2V_DIGEST_RECORD_SIZE);
  DigestQueue *queue = digest_queue_new (2);
  assert_null (digest_queue_take (queue));
  digest_queue_add (queue, 1, records, (gsize)n * P2V_DIGEST_RECORD_SIZE);
  guint left = n;
  JsonObject *message;
  while ((message = digest_queue_take (queue))) {
    g_autofree char *line = p2v_message_to_line (message);
    gsize length = 0;
    assert_int_equal (p2v_json_int (message, "disk", -1), 1);
    g_free (g_base64_decode (p2v_json_string (message, "records", ""), &length));
    assert_int_equal (length % P2V_DIGEST_RECORD_SIZE, 0);
    assert_true (length <= 4096 * P2V_DIGEST_RECORD_SIZE);
    left -= (guint)(length / P2V_DIGEST_RECORD_SIZE);
    g_autoptr (JsonObject) parsed = p2v_message_parse (line, strlen (line), P2V_FROM_CLIENT, NULL);
    assert_non_null (parsed);
    json_object_unref (message);
  }
  assert_int_equal (left, 0);
  digest_queue_free (queue);
}

/* The next message's records, by their offsets: "disk:first+count". */
static char *
taken_out (DigestQueue *queue)
{
  JsonObject *message = digest_queue_take (queue);
  if (!message)
    return g_strdup ("none");
  gsize length = 0;
  g_autofree guint8 *records = g_base64_decode (p2v_json_string (message, "records", ""), &length);
  P2vDigestRecord first;
  p2v_digest_record_unpack (records, &first);
  char *text = g_strdup_printf ("%d:%d+%d", (int)p2v_json_int (message, "disk", -1),
                                (int)first.offset, (int)(length / P2V_DIGEST_RECORD_SIZE));
  json_object_unref (message);
  return text;
}

static void
add_records (DigestQueue *queue, guint disk, guint first, guint n)
{
  for (guint i = first; i < first + n; i++) {
    P2vDigestRecord record = {.offset = i, .length = 1};
    guint8 packed[P2V_DIGEST_RECORD_SIZE];
    p2v_digest_record_pack (&record, packed);
    digest_queue_add (queue, disk, packed, sizeof packed);
  }
}

static void
expect_taken_out (DigestQueue *queue, const char *expected)
{
  g_autofree char *text = taken_out (queue);
  assert_string_equal (text, expected);
}

static void
digests_survive_a_break (void **state G_GNUC_UNUSED)
{
  DigestQueue *queue = digest_queue_new (2);
  assert_true (digest_queue_taken (queue, 0, 0)); /* as the job's greeting says it */
  add_records (queue, 0, 0, 10);
  expect_taken_out (queue, "0:0+10");
  expect_taken_out (queue, "none");
  assert_true (digest_queue_taken (queue, 0, 4));
  assert_int_equal (digest_queue_bytes (queue), 6 * P2V_DIGEST_RECORD_SIZE);
  add_records (queue, 0, 10, 2);
  add_records (queue, 1, 0, 3);
  expect_taken_out (queue, "0:10+2");
  expect_taken_out (queue, "1:0+3");

  digest_queue_rewind (queue);
  add_records (queue, 0, 12, 1);
  expect_taken_out (queue, "none"); /* before the job has said where it is */
  digest_queue_rewind (queue);      /* the next break */
  assert_true (digest_queue_taken (queue, 0, 11));
  expect_taken_out (queue, "0:11+2");
  expect_taken_out (queue, "none");
  assert_true (digest_queue_taken (queue, 1, 0));
  expect_taken_out (queue, "1:0+3");
  assert_true (digest_queue_taken (queue, 0, 13));
  assert_true (digest_queue_taken (queue, 1, 3));
  assert_int_equal (digest_queue_bytes (queue), 0);

  add_records (queue, 0, 13, 2);
  assert_false (digest_queue_taken (queue, 0, 14)); /* not sent */
  assert_false (digest_queue_taken (queue, 0, 12)); /* less than before */
  assert_false (digest_queue_taken (queue, 2, 0));
  assert_false (digest_queue_taken (queue, -1, 0));
  assert_false (digest_queue_taken (queue, 0, -1));
  digest_queue_free (queue);
}

static gboolean
forgives (Backoff *backoff, P2vErrorCode code)
{
  g_autoptr (GError) error = NULL;
  p2v_set_error (&error, code, NULL, "x");
  return backoff_forgives (backoff, error);
}

static void
attempts_to_come_back (void **state G_GNUC_UNUSED)
{
  static const guint seconds[] = {1, 2, 4, 8, 15, 15};
  Backoff backoff = {0};
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++, backoff.attempts++)
    assert_int_equal (backoff_seconds (&backoff), seconds[i]);
  assert_true (forgives (&backoff, P2V_ERROR_CONNECT));
  assert_true (forgives (&backoff, P2V_ERROR_LINK));
  assert_false (forgives (&backoff, P2V_ERROR_HOSTKEY));
  assert_false (forgives (&backoff, P2V_ERROR_JOB));
  assert_false (forgives (&backoff, P2V_ERROR_CANCELLED));
  assert_true (forgives (&backoff, P2V_ERROR_AUTH));
  assert_true (forgives (&backoff, P2V_ERROR_AUTH));
  assert_true (forgives (&backoff, P2V_ERROR_CONNECT)); /* that was no refusal */
  assert_true (forgives (&backoff, P2V_ERROR_AUTH));
  assert_true (forgives (&backoff, P2V_ERROR_AUTH));
  assert_false (forgives (&backoff, P2V_ERROR_AUTH));

  /* Neither a deadline nor a person waits for the next attempt. */
  gint64 now = g_get_monotonic_time ();
  assert_false (backoff_wait (&backoff, now + 20000, NULL));
  g_autoptr (GCancellable) cancel = g_cancellable_new ();
  g_cancellable_cancel (cancel);
  assert_false (backoff_wait (&backoff, G_MAXINT64, cancel));
  assert_true (g_get_monotonic_time () - now < 10 * G_USEC_PER_SEC);
}

static void
exits_are_explained (void **state G_GNUC_UNUSED)
{
  GError *error = NULL;
  session_explain_exit (127, "bash: line 1: p2v-server: command not found\n", &error);
  assert_p2v_error (error, P2V_ERROR_NO_SERVER);
  session_explain_exit (1, "sudo: a password is required\n", &error);
  assert_p2v_error (error, P2V_ERROR_AUTH);
  session_explain_exit (1, "sudo: p2v-server: command not found", &error);
  assert_p2v_error (error, P2V_ERROR_NO_SERVER);
  session_explain_exit (1, "This account is currently not available.", &error);
  assert_p2v_error (error, P2V_ERROR_LINK);
  session_explain_exit (-1, "", &error);
  assert_p2v_error (error, P2V_ERROR_LINK);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (pinned_host_keys),
      cmocka_unit_test (jump_hosts),
      cmocka_unit_test (revoked_host_keys),
      cmocka_unit_test (summaries_are_clean),
      cmocka_unit_test (identity_names_hide_passwords),
      cmocka_unit_test (method_names),
      cmocka_unit_test (compression_follows_the_link),
      cmocka_unit_test (gauge_decides_by_interval),
      cmocka_unit_test (server_texts_are_cleaned),
      cmocka_unit_test (server_errors_keep_their_code),
      cmocka_unit_test (digests_go_in_batches),
      cmocka_unit_test (digests_survive_a_break),
      cmocka_unit_test (attempts_to_come_back),
      cmocka_unit_test (exits_are_explained),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
