/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server session`: the control channel of one client.  It greets, makes the
 * job that "start" describes or finds the one that "attach" names, and from then on
 * relays between its standard streams and the job.  When it ends, the job goes on. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "common/lines.h"
#include "common/message.h"
#include "common/unit.h"
#include "control.h"
#include "session-job.h"
#include "session-relay.h"
#include "subcommands.h"
#include "survey.h"
#include "target/target.h"

/* A client that says nothing before there is a job is gone. */
#define HELLO_MS 60000

static gboolean
say (JsonObject *message)
{
  g_autofree char *line = p2v_message_to_line (message);
  const char *p = line;
  gsize left = strlen (line);
  while (left > 0) {
    ssize_t n = write (STDOUT_FILENO, p, left);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    p += n;
    left -= (gsize)n;
  }
  return TRUE;
}

static gboolean
say_hello (void)
{
  g_autoptr (JsonObject) hello = p2v_message_new ("hello");
  JsonArray *targets = json_array_new ();
  for (guint i = 0; target_kinds ()[i]; i++)
    json_array_add_string_element (targets, target_kinds ()[i]->name);
  json_object_set_int_member (hello, "protocol", P2V_PROTOCOL_VERSION);
  json_object_set_string_member (hello, "version", P2V_VERSION);
  json_object_set_array_member (hello, "targets", targets);
  json_object_set_string_member (hello, "digest", P2V_DIGEST_NAME);
  json_object_set_int_member (hello, "time", g_get_real_time () / G_USEC_PER_SEC);
  return say (hello);
}

static int
say_error (const GError *error)
{
  g_autoptr (JsonObject) message = p2v_message_new ("error");
  channel_put_error (message, error);
  say (message);
  return 1;
}

/* The next message of the client before the job exists.  NULL at the end of the
 * stream (without an error) and for anything that is not a message. */
static JsonObject *
next_message (P2vLines *lines, GError **error)
{
  for (;;) {
    g_autofree char *line = p2v_lines_pop (lines);
    g_autoptr (JsonObject) message =
        line ? p2v_message_parse (line, strlen (line), P2V_FROM_CLIENT, error) : NULL;
    if (line && !message)
      return NULL;
    if (message && strcmp (p2v_message_type (message), "alive") == 0)
      continue; /* somebody thinks about what to do with a waiting job */
    if (message)
      return g_steal_pointer (&message);
    char buffer[65536];
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = poll (&wait, 1, HELLO_MS);
    if (ready == 0) {
      p2v_set_error (error, P2V_ERROR_LINK, NULL, "The client said nothing for %d seconds.",
                     HELLO_MS / 1000);
      return NULL;
    }
    ssize_t n = ready < 0 ? -1 : read (STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0 || !p2v_lines_push (lines, buffer, (gsize)n, error))
      return NULL;
  }
}

static gboolean
check_hello (JsonObject *message, GError **error)
{
  if (strcmp (p2v_message_type (message), "hello") != 0) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL, "The client said \"%s\" instead of hello.",
                   p2v_message_type (message));
    return FALSE;
  }
  gint64 protocol = p2v_json_int (message, "protocol", 0);
  if (protocol == P2V_PROTOCOL_VERSION)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_VERSION,
                 "Boot a p2v.iso of the conversion server's release, or install the other release "
                 "on the conversion server.",
                 "The client speaks protocol %" G_GINT64_FORMAT " (release %.40s), the server "
                 "protocol %d (release %s).",
                 protocol, p2v_json_string (message, "version", "unknown"), P2V_PROTOCOL_VERSION,
                 P2V_VERSION);
  return FALSE;
}

/* The connection to the job that the client starts or comes back to.  -1 with an error
 * or when there is nothing (more) to do. */
static int
find_job (JsonObject *message, GError **error)
{
  const char *type = p2v_message_type (message);
  g_autofree char *id = NULL;
  g_autoptr (JsonObject) last = NULL;
  int fd = -1;
  if (strcmp (type, "start") == 0)
    fd = session_start_job (message, &id, &last, error);
  else if (strcmp (type, "attach") == 0)
    fd = session_find_job (message, &id, &last, error);
  else if (strcmp (type, "adopt") == 0)
    fd = session_adopt_job (message, &id, &last, error);
  else if (strcmp (type, "bye") != 0 && strcmp (type, "cancel") != 0)
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL, "The client said \"%s\" instead of start.",
                   type);
  if (fd < 0 && !last)
    return -1;
  g_autoptr (JsonObject) accepted = p2v_message_new ("accepted");
  json_object_set_string_member (accepted, "job", id);
  say (accepted);
  if (last)
    say (last);
  return fd;
}

/* The next message that is no "survey"; those are answered. */
static JsonObject *
next_after_surveys (P2vLines *lines, GError **error)
{
  for (;;) {
    JsonObject *message = next_message (lines, error);
    if (!message || strcmp (p2v_message_type (message), "survey") != 0)
      return message;
    g_autoptr (JsonObject) answer = survey_answer (message);
    json_object_unref (message);
    if (!say (answer))
      return NULL;
  }
}

static int
converse (P2vLines *lines, GError **error)
{
  g_autoptr (JsonObject) hello = next_message (lines, error);
  if (!hello || !check_hello (hello, error))
    return -1;
  g_autoptr (JsonObject) message = next_after_surveys (lines, error);
  g_autoptr (JsonObject) waiting = message && strcmp (p2v_message_type (message), "start") == 0
                                       ? session_find_waiting (message)
                                       : NULL;
  if (waiting) {
    say (waiting);
    json_object_unref (message);
    message = next_message (lines, error);
  }
  return message ? find_job (message, error) : -1;
}

int
command_session (int argc, char **argv G_GNUC_UNUSED)
{
  if (argc != 1)
    return subcommand_usage ("session");
  signal (SIGPIPE, SIG_IGN);
  if (!say_hello ())
    return 1;
  g_autoptr (P2vLines) lines = p2v_lines_new (P2V_MESSAGE_MAX);
  g_autoptr (GError) error = NULL;
  int job_fd = converse (lines, &error);
  if (error)
    return say_error (error);
  if (job_fd < 0)
    return 0;
  session_relay (job_fd, lines);
  close (job_fd);
  return 0;
}
