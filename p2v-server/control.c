/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/error.h"
#include "common/lines.h"
#include "common/log.h"
#include "common/message.h"
#include "client-log.h"
#include "common/unit.h"
#include "secret-line.h"
#include "socket.h"

/* What waits for a slow client before progress and log lines are dropped. */
#define OUTBOX_SOFT (1u << 20)

#define RECORDS_MAX 4096u

/* A client that is away for longer has given up; a little more than it tries. */
#define AWAY_MAX ((P2V_RECONNECT_S + 60) * G_USEC_PER_SEC)

/* How often a waiting query looks whether it was cancelled. */
#define QUERY_TICK (G_USEC_PER_SEC / 5)

typedef struct {
  Channel *channel;
  int fd;
  guint in, out; /* sources of the main loop, 0 none */
  P2vLines *lines;
} Peer;

struct Channel {
  char *path;
  char *const *instance;
  int listen_fd;
  guint accept_source;
  const ChannelEvents *events;
  gpointer data;
  GPtrArray *peers; /* Peer *, freed with it */
  Peer *client;     /* of these */
  gboolean said_bye;
  guint client_lines; /* of its log */

  GMutex lock; /* what is below */
  GCond answered;
  gboolean attached;
  gint64 changed; /* monotonic time of the last attachment or loss */
  GByteArray *outbox;
  gboolean flush_planned;
  gint64 query_id;
  JsonObject *query; /* the one that waits for its answer, NULL none */
  JsonObject *answer;
  GPtrArray *secrets; /* that came with it; NULL none */
};

static void
peer_free (gpointer data)
{
  Peer *peer = data;
  if (peer->in)
    g_source_remove (peer->in);
  if (peer->out)
    g_source_remove (peer->out);
  close (peer->fd);
  p2v_lines_free (peer->lines);
  g_free (peer);
}

static void
drop_client (Channel *channel)
{
  g_mutex_lock (&channel->lock);
  channel->attached = FALSE;
  channel->changed = g_get_monotonic_time ();
  g_byte_array_set_size (channel->outbox, 0);
  g_cond_broadcast (&channel->answered);
  g_mutex_unlock (&channel->lock);
  channel->client = NULL;
  if (channel->said_bye)
    channel->events->left (channel->data);
  else
    channel->events->lost (channel->data);
}

static void
drop_peer (Peer *peer)
{
  Channel *channel = peer->channel;
  gboolean was_client = channel->client == peer;
  g_ptr_array_remove_fast (channel->peers, peer);
  if (was_client)
    drop_client (channel);
}

/* ---- to the client ---- */

static gboolean
on_writable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  Channel *channel = data;
  g_mutex_lock (&channel->lock);
  while (channel->outbox->len > 0) {
    ssize_t n = send (fd, channel->outbox->data, channel->outbox->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno != EAGAIN)
      g_byte_array_set_size (channel->outbox, 0); /* its end is seen by reading */
    if (n < 0)
      break;
    g_byte_array_remove_range (channel->outbox, 0, (guint)n);
  }
  gboolean more = channel->outbox->len > 0;
  g_mutex_unlock (&channel->lock);
  if (!more && channel->client)
    channel->client->out = 0;
  return more;
}

static gboolean
flush (gpointer data)
{
  Channel *channel = data;
  g_mutex_lock (&channel->lock);
  channel->flush_planned = FALSE;
  g_mutex_unlock (&channel->lock);
  if (channel->client && !channel->client->out)
    channel->client->out = g_unix_fd_add (channel->client->fd, G_IO_OUT, on_writable, channel);
  return G_SOURCE_REMOVE;
}

static void
send_locked (Channel *channel, JsonObject *message)
{
  const char *type = p2v_message_type (message);
  gboolean minor = g_str_equal (type, "progress") || g_str_equal (type, "log");
  if (!channel->attached || (minor && channel->outbox->len > OUTBOX_SOFT))
    return;
  g_autofree char *line = p2v_message_to_line (message);
  g_byte_array_append (channel->outbox, (const guint8 *)line, (guint)strlen (line));
  if (!channel->flush_planned)
    g_idle_add (flush, channel);
  channel->flush_planned = TRUE;
}

void
channel_send (Channel *channel, JsonObject *message)
{
  g_mutex_lock (&channel->lock);
  send_locked (channel, message);
  g_mutex_unlock (&channel->lock);
}

/* Gives up waiting for an answer that was asked for at ASKED?  Under the lock; says
 * why.  The time of an attached client counts from when it came (back). */
static gboolean
query_is_hopeless (Channel *channel, gint64 asked, guint timeout_s, GCancellable *cancel,
                   GError **error)
{
  gint64 now = g_get_monotonic_time ();
  if (g_cancellable_is_cancelled (cancel))
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
  else if (!channel->attached && now - channel->changed > AWAY_MAX)
    p2v_set_error (error, P2V_ERROR_LINK, NULL, "The client is not connected.");
  else if (channel->attached && now - MAX (asked, channel->changed) > timeout_s * G_USEC_PER_SEC)
    p2v_set_error (error, P2V_ERROR_LINK, NULL, "The client did not answer in time.");
  else
    return FALSE;
  return TRUE;
}

JsonObject *
channel_query (Channel *channel, JsonObject *query, guint timeout_s, GCancellable *cancel,
               GError **error)
{
  gint64 asked = g_get_monotonic_time ();
  g_mutex_lock (&channel->lock);
  g_clear_pointer (&channel->answer, json_object_unref);
  json_object_set_int_member (query, "id", ++channel->query_id);
  channel->query = query; /* a client that comes back is asked again */
  send_locked (channel, query);
  while (!channel->answer && !query_is_hopeless (channel, asked, timeout_s, cancel, error))
    g_cond_wait_until (&channel->answered, &channel->lock, g_get_monotonic_time () + QUERY_TICK);
  channel->query = NULL;
  JsonObject *answer = g_steal_pointer (&channel->answer);
  g_mutex_unlock (&channel->lock);
  return answer;
}

GPtrArray *
channel_take_secrets (Channel *channel)
{
  g_mutex_lock (&channel->lock);
  GPtrArray *secrets = g_steal_pointer (&channel->secrets);
  g_mutex_unlock (&channel->lock);
  return secrets;
}

gboolean
channel_is_attached (Channel *channel)
{
  g_mutex_lock (&channel->lock);
  gboolean attached = channel->attached;
  g_mutex_unlock (&channel->lock);
  return attached;
}

/* ---- from the client ---- */

static gboolean
take_digests (Channel *channel, JsonObject *message, GError **error)
{
  gint64 disk = p2v_json_int (message, "disk", -1);
  gsize length = 0;
  g_autofree guint8 *records = g_base64_decode (p2v_json_string (message, "records", ""), &length);
  if (disk < 0 || disk > G_MAXINT || length == 0 || length % P2V_DIGEST_RECORD_SIZE != 0 ||
      length / P2V_DIGEST_RECORD_SIZE > RECORDS_MAX) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, "Check that both sides run the same release of p2v.",
                   "The client sent digests that cannot be read.");
    return FALSE;
  }
  channel->events->digests ((guint)disk, records, length, channel->data);
  return TRUE;
}

/* SECRETS is taken. */
static void
take_answer (Channel *channel, JsonObject *message, GPtrArray *secrets)
{
  g_mutex_lock (&channel->lock);
  if (p2v_json_int (message, "id", -1) == channel->query_id) {
    g_clear_pointer (&channel->answer, json_object_unref);
    channel->answer = json_object_ref (p2v_json_object (message, "data"));
    g_clear_pointer (&channel->secrets, g_ptr_array_unref);
    channel->secrets = g_steal_pointer (&secrets);
    g_cond_broadcast (&channel->answered);
  }
  g_mutex_unlock (&channel->lock);
  g_clear_pointer (&secrets, g_ptr_array_unref);
}

static gboolean
take_message (Channel *channel, char *line, GError **error)
{
  g_autoptr (GPtrArray) secrets = secret_line_take (line);
  g_autoptr (JsonObject) message = p2v_message_parse (line, strlen (line), P2V_FROM_CLIENT, error);
  if (!message)
    return FALSE;
  const char *type = p2v_message_type (message);
  if (g_str_equal (type, "digests"))
    return take_digests (channel, message, error);
  if (g_str_equal (type, "answer")) {
    take_answer (channel, message, g_steal_pointer (&secrets));
  } else if (g_str_equal (type, "cancel")) {
    channel->events->cancel (channel->data);
  } else if (g_str_equal (type, "log")) {
    client_log_take (message, &channel->client_lines);
  } else if (g_str_equal (type, "bye")) {
    channel->said_bye = TRUE;
  } else if (!g_str_equal (type, "alive")) { /* that was for the session */
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The client sent \"%s\" when the job had begun already.", type);
    return FALSE;
  }
  return TRUE;
}

static void
reply (Peer *peer, const char *line)
{
  if (send (peer->fd, line, strlen (line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    p2v_debug ("control socket: %s", g_strerror (errno));
}

static void
attach_client (Peer *peer)
{
  Channel *channel = peer->channel;
  channel->client = peer;
  channel->said_bye = FALSE;
  /* In one go: what the worker says meanwhile comes behind the greeting. */
  g_mutex_lock (&channel->lock);
  channel->attached = TRUE;
  channel->changed = g_get_monotonic_time ();
  g_autoptr (GPtrArray) greeting = channel->events->greeting (channel->data);
  for (guint i = 0; i < greeting->len; i++)
    send_locked (channel, g_ptr_array_index (greeting, i));
  if (channel->query)
    send_locked (channel, channel->query);
  g_mutex_unlock (&channel->lock);
  channel->events->attached (channel->data);
}

/* The client of a link that is known to be dead makes room; another run of it waits until
 * this one is. */
static gboolean
introduce_client (Peer *peer, const char *instance, gboolean adopt)
{
  Channel *channel = peer->channel;
  if (adopt && channel->client) {
    reply (peer, "busy\n");
    return FALSE;
  }
  if (adopt ? !channel->events->adopt (instance, channel->data)
            : !g_str_equal (instance, *channel->instance)) {
    reply (peer, "refused\n");
    return FALSE;
  }
  if (channel->client)
    drop_peer (channel->client);
  reply (peer, "attached\n");
  attach_client (peer);
  return TRUE;
}

/* What follows WORD and a space in LINE; "" for the word alone, NULL for another. */
static const char *
after_word (const char *line, const char *word)
{
  if (!g_str_has_prefix (line, word))
    return NULL;
  line += strlen (word);
  return *line == ' ' ? line + 1 : *line ? NULL : line;
}

/* The first line of a peer: what it is. */
static gboolean
introduce (Peer *peer, const char *line)
{
  Channel *channel = peer->channel;
  const char *rest;
  if (g_str_equal (line, "cancel")) {
    reply (peer, "cancelling\n");
    channel->events->cancel (channel->data);
    return TRUE;
  }
  if ((rest = after_word (line, "resume"))) {
    reply (peer, channel->events->resume (rest, channel->data) ? "resuming\n" : "refused\n");
    return FALSE;
  }
  if ((rest = after_word (line, "attach")))
    return introduce_client (peer, rest, FALSE);
  if ((rest = after_word (line, "adopt")) && p2v_instance_is_valid (rest))
    return introduce_client (peer, rest, TRUE);
  return FALSE;
}

/* FALSE when the peer is to go. */
static gboolean
take_lines (Peer *peer)
{
  Channel *channel = peer->channel;
  g_autoptr (GError) error = NULL;
  for (;;) {
    g_autofree char *line = p2v_lines_pop (peer->lines);
    if (!line)
      return TRUE;
    if (peer != channel->client) {
      if (!introduce (peer, line))
        return FALSE;
    } else if (!take_message (channel, line, &error)) {
      channel->events->broken (error, channel->data);
      return TRUE;
    } else if (channel->said_bye) {
      return FALSE;
    }
  }
}

static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  Peer *peer = data;
  guint8 buffer[65536];
  ssize_t n = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  gboolean pushed = n > 0 && p2v_lines_push (peer->lines, buffer, (gsize)n, NULL);
  explicit_bzero (buffer, (gsize)MAX (n, 0));
  if (pushed && take_lines (peer))
    return G_SOURCE_CONTINUE;
  peer->in = 0;
  drop_peer (peer);
  return G_SOURCE_REMOVE;
}

static gboolean
on_connection (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  Channel *channel = data;
  int connection = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  if (connection < 0)
    return G_SOURCE_CONTINUE;
  Peer *peer = g_new0 (Peer, 1);
  peer->channel = channel;
  peer->fd = connection;
  peer->lines = p2v_lines_new (P2V_MESSAGE_MAX);
  peer->in = g_unix_fd_add (connection, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, peer);
  g_ptr_array_add (channel->peers, peer);
  return G_SOURCE_CONTINUE;
}

Channel *
channel_listen (const char *path, char *const *instance, const ChannelEvents *events, gpointer data,
                GError **error)
{
  int fd = socket_listen (path, error);
  if (fd < 0)
    return NULL;
  Channel *channel = g_new0 (Channel, 1);
  channel->path = g_strdup (path);
  channel->instance = instance;
  channel->changed = g_get_monotonic_time ();
  channel->listen_fd = fd;
  channel->events = events;
  channel->data = data;
  channel->peers = g_ptr_array_new_with_free_func (peer_free);
  channel->outbox = g_byte_array_new ();
  g_mutex_init (&channel->lock);
  g_cond_init (&channel->answered);
  channel->accept_source = g_unix_fd_add (fd, G_IO_IN, on_connection, channel);
  return channel;
}

void
channel_free (Channel *channel)
{
  if (!channel)
    return;
  while (g_idle_remove_by_data (channel))
    continue;
  g_source_remove (channel->accept_source);
  close (channel->listen_fd);
  (void)unlink (channel->path);
  channel->client = NULL;
  g_ptr_array_unref (channel->peers);
  g_byte_array_unref (channel->outbox);
  g_clear_pointer (&channel->answer, json_object_unref);
  g_clear_pointer (&channel->secrets, g_ptr_array_unref);
  g_mutex_clear (&channel->lock);
  g_cond_clear (&channel->answered);
  g_free (channel->path);
  g_free (channel);
}

void
channel_put_error (JsonObject *object, const GError *error)
{
  P2vErrorCode code = error->domain == P2V_ERROR ? (P2vErrorCode)error->code : P2V_ERROR_INTERNAL;
  g_autofree char *problem = p2v_error_problem (error);
  g_autofree char *remedy = p2v_error_remedy (error);
  g_autofree char *valid = g_utf8_make_valid (problem, -1);
  json_object_set_string_member (object, "code", p2v_error_code_name (code));
  json_object_set_string_member (object, "problem", valid);
  if (remedy)
    json_object_set_string_member (object, "remedy", remedy);
}
