/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libssh 0.10 has no jump hosts of its own (0.11 has), and reads only from a descriptor: so
 * the channel is carried to a socket pair.  The thread owns the session between jump_dial and
 * the end of that connection; otherwise the caller's does. */
#include "jump.h"
#include "common/error.h"
#include "stream.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (64u * 1024u)
#define TICK  1000
/* For the last bytes, once the connection is closed here. */
#define DRAIN (2 * G_USEC_PER_SEC)

struct Jump {
  Session *session;
  const Peer *peer;
  Stream *stream;
  GThread *thread;
  int fd;        /* the thread's end; -1 when the other is closed and all of it was read */
  gint64 closed; /* when the other was, 0: it is open */
  GMutex lock;
  GError *error; /* why the session is gone */
};

Jump *
jump_new (Session *session, const Peer *peer)
{
  Jump *jump = g_new0 (Jump, 1);
  jump->session = session;
  jump->peer = peer;
  jump->fd = -1;
  g_mutex_init (&jump->lock);
  return jump;
}

static void
hang_up (Jump *jump)
{
  if (jump->thread)
    g_thread_join (g_steal_pointer (&jump->thread));
  g_clear_pointer (&jump->stream, stream_free);
}

void
jump_free (Jump *jump)
{
  if (!jump)
    return;
  hang_up (jump);
  session_free (jump->session);
  g_clear_error (&jump->error);
  g_mutex_clear (&jump->lock);
  g_free (jump);
}

gboolean
jump_failed (Jump *jump, GError **error)
{
  g_mutex_lock (&jump->lock);
  gboolean failed = jump->error != NULL;
  if (failed)
    g_propagate_error (error, g_error_copy (jump->error));
  g_mutex_unlock (&jump->lock);
  return failed;
}

/* ---- the thread ---- */

static void
close_near (Jump *jump)
{
  if (jump->fd >= 0)
    (void)close (jump->fd);
  jump->fd = -1;
}

/* As much as SSH can send soon, so that a slow link is felt at the other end of the socket. */
static gboolean
has_room (Jump *jump)
{
  return stream_unsent (jump->stream) < CHUNK;
}

static void
take_near (Jump *jump)
{
  if (jump->fd < 0 || !has_room (jump))
    return;
  guint8 buffer[CHUNK];
  ssize_t n = recv (jump->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n > 0) {
    g_byte_array_append (stream_outbox (jump->stream), buffer, (guint)n);
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    close_near (jump);
    if (!jump->closed)
      jump->closed = g_get_monotonic_time ();
    stream_finish (jump->stream);
  }
}

/* While there is no room nobody reads there: a connection that is given up because nothing
 * moves would go unnoticed. */
static void
notice_close (Jump *jump)
{
  struct pollfd near = {.fd = jump->fd};
  if (!jump->closed && !has_room (jump) && poll (&near, 1, 0) > 0)
    jump->closed = g_get_monotonic_time ();
}

/* What arrived, to the socket; what is for nobody any more is dropped. */
static void
give_near (Jump *jump)
{
  GByteArray *inbox = stream_inbox (jump->stream);
  while (inbox->len > 0) {
    ssize_t n = jump->fd < 0
                    ? (ssize_t)inbox->len
                    : send (jump->fd, inbox->data, inbox->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n <= 0)
      return;
    g_byte_array_remove_range (inbox, 0, (guint)n);
    inbox = stream_inbox (jump->stream);
  }
}

static gboolean
is_over (Jump *jump)
{
  if (jump->closed && g_get_monotonic_time () - jump->closed > DRAIN)
    return TRUE;
  if (jump->fd >= 0)
    return stream_at_end (jump->stream) && stream_inbox (jump->stream)->len == 0;
  gboolean sent = stream_unsent (jump->stream) == 0 && !session_is_congested (jump->session);
  return sent || stream_is_closed (jump->stream);
}

static gboolean
carry (Jump *jump, GError **error)
{
  for (;;) {
    take_near (jump);
    if (!stream_send (jump->stream, G_MAXSIZE, error))
      return FALSE;
    give_near (jump);
    notice_close (jump);
    if (is_over (jump))
      return TRUE;
    gboolean waiting = stream_inbox (jump->stream)->len > 0;
    gboolean busy = stream_is_busy (jump->stream, G_MAXSIZE) && !waiting;
    short events = (short)((has_room (jump) ? POLLIN : 0) | (waiting ? POLLOUT : 0));
    /* The end of the other side would wake it up again and again. */
    struct pollfd near = {.fd = events ? jump->fd : -1, .events = events};
    if (!session_pump (jump->session, &near, 1, busy ? 0 : TICK, error))
      return FALSE;
  }
}

static gpointer
run (gpointer data)
{
  Jump *jump = data;
  GError *error = NULL;
  if (!carry (jump, &error)) {
    g_mutex_lock (&jump->lock);
    jump->error = error;
    g_mutex_unlock (&jump->lock);
  }
  close_near (jump); /* who reads there can ask why by now */
  return NULL;
}

/* ---- the connection ---- */

/* libssh gives the reason only in its words (RFC 4254, 5.1: 1 is "administratively
 * prohibited", 2 "connect failed"). */
static void
explain_refusal (const Jump *jump, const Peer *to, const char *why, GError **error)
{
  const char *code = strstr (why, "error (");
  const char *words = code ? strstr (code, ") ") : NULL;
  if (code && code[strlen ("error (")] == '1')
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Allow it in the jump host's sshd_config (AllowTcpForwarding, PermitOpen, "
                   "DisableForwarding) and in the key's line in authorized_keys there.",
                   "The jump host %s does not pass connections on to %s port %u: its settings "
                   "forbid it.",
                   jump->peer->host, to->host, (guint)to->port);
  else
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check p2v.server= and p2v.port=, that sshd runs there, and that the jump host "
                   "finds its name and a way to it.",
                   "The jump host %s cannot reach the conversion server %s on port %u: %s.",
                   jump->peer->host, to->host, (guint)to->port, words ? words + 2 : why);
}

int
jump_dial (Jump *jump, const Peer *to, guint limit_s, GCancellable *cancel, GError **error)
{
  g_autofree char *why = NULL;
  int pair[2];
  hang_up (jump);
  jump->stream = stream_open_to (jump->session, to->host, to->port, limit_s, &why, cancel, error);
  if (!jump->stream) {
    if (why)
      explain_refusal (jump, to, why, error);
    return -1;
  }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "There is no socket for the jump host: %s.",
                   g_strerror (errno));
    return -1;
  }
  jump->fd = pair[0];
  jump->closed = 0;
  jump->thread = g_thread_new ("jump host", run, jump);
  return pair[1];
}
