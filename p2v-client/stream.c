/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream.h"
#include "common/error.h"
#include "common/log.h"
#include <libssh/callbacks.h>
#include <string.h>

#define COMPLAINT_MAX 4096u
#define FRONT_MAX     (1024u * 1024u)
#define OPEN_S        20

struct Stream {
  Session *session;
  ssh_channel channel;
  struct ssh_channel_callbacks_struct callbacks;
  GByteArray *outbox;
  gsize sent; /* bytes at the front of outbox that SSH has already */
  GByteArray *inbox;
  gsize held; /* bytes that libssh keeps because the inbox was full */
  GString *complaint;
  int status;
  gboolean finishing, finished; /* our end of stream: wanted, sent */
  gboolean eof, closed;         /* the server's */
};

/* Returns what was taken; libssh keeps the rest, lets the window shrink, and gives it
 * again, together with what is new, when the next packet comes. */
static int
data_arrived (ssh_session ssh G_GNUC_UNUSED, ssh_channel channel G_GNUC_UNUSED, void *data,
              uint32_t length, int is_stderr, void *userdata)
{
  Stream *stream = userdata;
  if (is_stderr) {
    gsize room = COMPLAINT_MAX - stream->complaint->len;
    g_string_append_len (stream->complaint, data, (gssize)MIN (room, length));
    return (int)length;
  }
  guint room = P2V_STREAM_INBOX - MIN (stream->inbox->len, P2V_STREAM_INBOX);
  guint part = MIN (room, length);
  g_byte_array_append (stream->inbox, data, part);
  stream->held = length - part;
  return (int)part;
}

static void
end_arrived (ssh_session ssh G_GNUC_UNUSED, ssh_channel channel G_GNUC_UNUSED, void *userdata)
{
  ((Stream *)userdata)->eof = TRUE;
}

static void
close_arrived (ssh_session ssh G_GNUC_UNUSED, ssh_channel channel G_GNUC_UNUSED, void *userdata)
{
  Stream *stream = userdata;
  stream->eof = stream->closed = TRUE;
}

static void
status_arrived (ssh_session ssh G_GNUC_UNUSED, ssh_channel channel G_GNUC_UNUSED, int status,
                void *userdata)
{
  ((Stream *)userdata)->status = status;
}

static Stream *
stream_new (Session *session)
{
  Stream *stream = g_new0 (Stream, 1);
  stream->session = session;
  stream->channel = ssh_channel_new (session_handle (session));
  stream->status = -1;
  stream->outbox = g_byte_array_new ();
  stream->inbox = g_byte_array_new ();
  stream->complaint = g_string_new (NULL);
  stream->callbacks.userdata = stream;
  stream->callbacks.channel_data_function = data_arrived;
  stream->callbacks.channel_eof_function = end_arrived;
  stream->callbacks.channel_close_function = close_arrived;
  stream->callbacks.channel_exit_status_function = status_arrived;
  ssh_callbacks_init (&stream->callbacks);
  /* Before the program starts: one that fails at once has ended by the time that
   * libssh reports its start. */
  (void)ssh_set_channel_callbacks (stream->channel, &stream->callbacks);
  return stream;
}

/* The words go through the login shell over there: nothing that it could take
 * for more than a word. */
static char *
command_line (Session *session, const char *const *args, GError **error)
{
  g_autoptr (GString) line =
      g_string_new (session_uses_sudo (session) ? "sudo -n p2v-server" : "p2v-server");
  for (guint i = 0; args[i]; i++) {
    if (!*args[i] ||
        strspn (args[i], G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-") != strlen (args[i])) {
      p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                     "A word for the conversion server's command line is not allowed there.");
      return NULL;
    }
    g_string_append_printf (line, " %s", args[i]);
  }
  return g_strdup (line->str);
}

static gboolean
run_there (Stream *stream, const char *line, GCancellable *cancel, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + OPEN_S * G_USEC_PER_SEC;
  int rc;
  while ((rc = ssh_channel_open_session (stream->channel)) == SSH_AGAIN) {
    if (!session_wait (stream->session, deadline, P2V_ERROR_LINK, cancel, error))
      return FALSE;
  }
  while (rc == SSH_OK && (rc = ssh_channel_request_exec (stream->channel, line)) == SSH_AGAIN) {
    if (!session_wait (stream->session, deadline, P2V_ERROR_LINK, cancel, error))
      return FALSE;
    rc = SSH_OK;
  }
  if (rc == SSH_OK)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_LINK,
                 "Check sshd's MaxSessions and whether the account may run commands.",
                 "%s refuses to run p2v-server: %s.", session_peer (stream->session),
                 ssh_get_error (session_handle (stream->session)));
  return FALSE;
}

Stream *
stream_open (Session *session, const char *const *args, GCancellable *cancel, GError **error)
{
  g_autofree char *line = command_line (session, args, error);
  if (!line)
    return NULL;
  p2v_debug ("ssh %s %s", session_peer (session), line);
  g_autoptr (Stream) stream = stream_new (session);
  return run_there (stream, line, cancel, error) ? g_steal_pointer (&stream) : NULL;
}

Stream *
stream_open_to (Session *session, const char *host, guint16 port, guint limit_s, char **why,
                GCancellable *cancel, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + limit_s * G_USEC_PER_SEC;
  g_autoptr (Stream) stream = stream_new (session);
  int rc;
  /* Where the connection comes from is only for the log over there (RFC 4254, 7.2). */
  while ((rc = ssh_channel_open_forward (stream->channel, host, port, "127.0.0.1", 0)) ==
         SSH_AGAIN) {
    if (g_get_monotonic_time () > deadline) {
      *why = g_strdup_printf (N_ ("no answer within %u seconds"), limit_s);
      return NULL;
    }
    if (!session_wait (session, G_MAXINT64, P2V_ERROR_CONNECT, cancel, error))
      return NULL;
  }
  if (rc == SSH_OK)
    return g_steal_pointer (&stream);
  const char *said = ssh_get_error (session_handle (session));
  if (ssh_is_connected (session_handle (session)))
    *why = g_strdup (said);
  else
    p2v_set_error (error, P2V_ERROR_LINK, "Check the network between the two machines.",
                   "The connection to %s broke: %s.", session_peer (session), said);
  return NULL;
}

void
stream_free (Stream *stream)
{
  if (!stream)
    return;
  (void)ssh_remove_channel_callbacks (stream->channel, &stream->callbacks);
  ssh_channel_free (stream->channel);
  g_byte_array_unref (stream->outbox);
  g_byte_array_unref (stream->inbox);
  g_string_free (stream->complaint, TRUE);
  g_free (stream);
}

/* The front that was sent is dropped only now and then, so that a full outbox is
 * not moved for every packet. */
GByteArray *
stream_outbox (Stream *stream)
{
  if (stream->sent == stream->outbox->len || stream->sent >= FRONT_MAX) {
    g_byte_array_remove_range (stream->outbox, 0, (guint)stream->sent);
    stream->sent = 0;
  }
  return stream->outbox;
}

gsize
stream_unsent (const Stream *stream)
{
  return stream->outbox->len - stream->sent;
}

void
stream_finish (Stream *stream)
{
  stream->finishing = TRUE;
}

static gboolean
send_end (Stream *stream)
{
  if (stream->finishing && !stream->finished && stream_unsent (stream) == 0 && !stream->closed) {
    stream->finished = TRUE;
    (void)ssh_channel_send_eof (stream->channel);
  }
  return TRUE;
}

gboolean
stream_send (Stream *stream, gsize most, GError **error)
{
  gsize unsent = stream_unsent (stream);
  if (unsent == 0 || stream->closed || session_is_congested (stream->session))
    return send_end (stream);
  /* A write beyond the window would be cut short at best. */
  gsize window = ssh_channel_window_size (stream->channel);
  gsize part = MIN (MIN (unsent, most), window);
  if (part == 0)
    return TRUE;
  int n = ssh_channel_write (stream->channel, stream->outbox->data + stream->sent, (uint32_t)part);
  if (n < 0) {
    if (stream->closed || ssh_channel_is_closed (stream->channel))
      return TRUE; /* the reader of this stream sees how it ended */
    p2v_set_error (error, P2V_ERROR_LINK, "Check the network between the two machines.",
                   "The connection to %s broke: %s.", session_peer (stream->session),
                   ssh_get_error (session_handle (stream->session)));
    return FALSE;
  }
  stream->sent += (gsize)n;
  if (stream->sent == stream->outbox->len)
    (void)stream_outbox (stream);
  return send_end (stream);
}

gboolean
stream_is_busy (Stream *stream, gsize most)
{
  if (stream->held > 0 && stream->inbox->len < P2V_STREAM_INBOX / 2)
    return TRUE;
  return most > 0 && stream_unsent (stream) > 0 && !stream->closed &&
         !session_is_congested (stream->session) && ssh_channel_window_size (stream->channel) > 0;
}

/* libssh calls data_arrived only for new packets: what it kept is fetched here.
 * Not by ssh_channel_poll(), which would serve the connection as well. */
GByteArray *
stream_inbox (Stream *stream)
{
  guint8 buffer[16384];
  while (stream->held > 0 && stream->inbox->len < P2V_STREAM_INBOX / 2) {
    int n = ssh_channel_read_nonblocking (stream->channel, buffer, sizeof buffer, 0);
    if (n <= 0)
      break;
    stream->held -= MIN (stream->held, (gsize)n);
    g_byte_array_append (stream->inbox, buffer, (guint)n);
  }
  return stream->inbox;
}

gboolean
stream_at_end (Stream *stream)
{
  return stream->eof && stream->held == 0;
}

gboolean
stream_is_closed (Stream *stream)
{
  return stream->closed;
}

int
stream_exit_status (Stream *stream)
{
  return stream->status;
}

const char *
stream_complaint (Stream *stream)
{
  return stream->complaint->str;
}
