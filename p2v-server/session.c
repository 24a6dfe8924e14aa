/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server session`: the control channel of one client.  It greets, makes the
 * job that "start" describes, and from then on relays between its standard
 * streams and the job.  When it ends, the job goes on. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/error.h"
#include "common/lines.h"
#include "common/machine.h"
#include "common/message.h"
#include "common/unit.h"
#include "control.h"
#include "daemon.h"
#include "jobdir.h"
#include "socket.h"
#include "subcommands.h"
#include "target/target.h"

/* Waiting on one side before the other is not read any more. */
#define BUFFER_MAX (1u << 20)

#define ATTACH_MS 10000

/* A client that says nothing before there is a job is gone. */
#define HELLO_MS 60000

/* Settings that "start" may carry. */
static const char *const known_settings[] = {
    "output.type",       "output.storage", "output.format", "output.allocation",
    "output.connection", "output.misc",    "root",          NULL};

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
    if (line)
      return p2v_message_parse (line, strlen (line), P2V_FROM_CLIENT, error);
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

static gboolean
check_settings (JsonObject *settings, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (settings);
  for (GList *l = names; l; l = l->next) {
    if (g_strv_contains (known_settings, l->data) && p2v_json_string (settings, l->data, NULL))
      continue;
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Check that both sides run the same release of p2v.",
                   "The server does not know the setting \"%.40s\", or it is no text.",
                   (const char *)l->data);
    return FALSE;
  }
  return TRUE;
}

/* Known before there is a job, for the hello says which there are. */
static gboolean
check_kind (JsonObject *settings, GError **error)
{
  const char *kind = p2v_json_string (settings, "output.type", "local");
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; target_kinds ()[i]; i++) {
    const TargetOps *ops = target_kinds ()[i];
    if (strcmp (ops->name, kind) == 0)
      return TRUE;
    g_string_append_printf (names, "%sp2v.o=%s (%s)", i ? ", " : "", ops->name, ops->words);
  }
  g_autofree char *remedy = g_strdup_printf ("This server knows %s.", names->str);
  p2v_set_error (error, P2V_ERROR_TARGET, remedy, "There is no kind of target \"%.40s\".", kind);
  return FALSE;
}

static gboolean
write_start (const char *dir, JsonObject *start, GError **error)
{
  g_autoptr (JsonObject) content = json_object_new ();
  json_object_set_string_member (content, "version", P2V_VERSION);
  json_object_set_object_member (content, "settings",
                                 json_object_ref (p2v_json_object (start, "settings")));
  json_object_set_object_member (content, "machine",
                                 json_object_ref (p2v_json_object (start, "machine")));
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), content);
  g_autofree char *text = json_to_string (node, TRUE);
  g_autofree char *path = g_build_filename (dir, "job.json", NULL);
  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    return TRUE;
  gboolean full = g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  p2v_set_error (error, full ? P2V_ERROR_SPACE : P2V_ERROR_JOB,
                 "Make room there or set P2V_STATE_DIR to another directory of the login user.",
                 "The job directory %s cannot be written: %s.", dir, cause->message);
  return FALSE;
}

/* The connection to the job in DIR, -1 with an error. */
static int
attach (const char *dir, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "ctl.sock", NULL);
  int fd = socket_connect (path);
  g_autofree char *answer = fd >= 0 ? socket_ask (fd, "attach", ATTACH_MS) : NULL;
  if (answer && g_str_equal (answer, "attached"))
    return fd;
  if (answer)
    p2v_set_error (error, P2V_ERROR_JOB, NULL, "The job has a client already.");
  else
    p2v_set_error (error, P2V_ERROR_INTERNAL, "Look into its log on the conversion server.",
                   "The process of the job does not answer.");
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Makes the job and starts its process; its id and the connection to it. */
static int
make_job (JsonObject *start, char **id, GError **error)
{
  g_autoptr (P2vMachine) machine =
      p2v_machine_from_json (p2v_json_object (start, "machine"), error);
  JsonObject *settings = p2v_json_object (start, "settings");
  if (!machine || !check_settings (settings, error) || !check_kind (settings, error))
    return -1;
  int lock_fd = -1;
  g_autofree char *dir = jobdir_new (&lock_fd, error);
  if (!dir)
    return -1;
  *id = g_path_get_basename (dir);
  gboolean ok = write_start (dir, start, error) && daemon_start (*id, lock_fd, error);
  close (lock_fd);
  if (!ok) {
    jobdir_remove (dir, NULL);
    return -1;
  }
  return attach (dir, error);
}

/* ---- relaying ---- */

/* FALSE when the other end is gone. */
static gboolean
drain (int fd, GByteArray *buffer)
{
  while (buffer->len > 0) {
    ssize_t n = write (fd, buffer->data, buffer->len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN;
    g_byte_array_remove_range (buffer, 0, (guint)n);
  }
  return TRUE;
}

/* FALSE at the end of the stream. */
static gboolean
fill (int fd, void *buffer, gsize size, gsize *got)
{
  ssize_t n = read (fd, buffer, size);
  *got = n > 0 ? (gsize)n : 0;
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
take_whole_lines (P2vLines *lines, GByteArray *to_job)
{
  char *line;
  while ((line = p2v_lines_pop (lines))) {
    g_byte_array_append (to_job, (const guint8 *)line, (guint)strlen (line));
    g_byte_array_append (to_job, (const guint8 *)"\n", 1);
    g_free (line);
  }
}

/* Until either side ends.  Only whole lines reach the job: of a link that breaks
 * it sees no half message. */
static void
relay (int job_fd, P2vLines *lines)
{
  g_autoptr (GByteArray) to_job = g_byte_array_new (), to_client = g_byte_array_new ();
  const int fds[] = {STDIN_FILENO, STDOUT_FILENO, job_fd};
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    (void)g_unix_set_fd_nonblocking (fds[i], TRUE, NULL);
  take_whole_lines (lines, to_job);
  gboolean client = TRUE, job = TRUE;
  while (client && (job || to_client->len > 0)) {
    struct pollfd polls[] = {
        {.fd = STDIN_FILENO, .events = to_job->len < BUFFER_MAX ? POLLIN : 0},
        {.fd = to_client->len ? STDOUT_FILENO : -1, .events = POLLOUT},
        {.fd = job ? job_fd : -1,
         .events =
             (short)((to_client->len < BUFFER_MAX ? POLLIN : 0) | (to_job->len ? POLLOUT : 0))},
    };
    if (poll (polls, G_N_ELEMENTS (polls), -1) < 0 && errno != EINTR)
      break;
    guint8 buffer[65536];
    gsize got;
    if (polls[0].revents) {
      client = fill (STDIN_FILENO, buffer, sizeof buffer, &got) &&
               p2v_lines_push (lines, buffer, got, NULL);
      take_whole_lines (lines, to_job);
    }
    if (job && (polls[2].revents & (POLLIN | POLLHUP | POLLERR))) {
      job = fill (job_fd, buffer, sizeof buffer, &got);
      g_byte_array_append (to_client, buffer, (guint)got);
    }
    job = job && drain (job_fd, to_job);
    client = drain (STDOUT_FILENO, to_client) && client;
  }
}

static int
converse (P2vLines *lines, GError **error)
{
  g_autoptr (JsonObject) hello = next_message (lines, error);
  if (!hello || !check_hello (hello, error))
    return -1;
  g_autoptr (JsonObject) start = next_message (lines, error);
  if (!start)
    return -1;
  const char *type = p2v_message_type (start);
  if (strcmp (type, "bye") == 0 || strcmp (type, "cancel") == 0)
    return -1;
  if (strcmp (type, "start") != 0) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL, "The client said \"%s\" instead of start.",
                   type);
    return -1;
  }
  g_autofree char *id = NULL;
  int job_fd = make_job (start, &id, error);
  if (job_fd < 0)
    return -1;
  g_autoptr (JsonObject) accepted = p2v_message_new ("accepted");
  json_object_set_string_member (accepted, "job", id);
  say (accepted);
  return job_fd;
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
  relay (job_fd, lines);
  close (job_fd);
  return 0;
}
