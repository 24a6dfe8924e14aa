/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GLib does what libssh's own connect does not: it tries a name's addresses side
 * by side, says which kind of failure it was, and can be cancelled. */
#include "dial.h"
#include "common/error.h"
#include "common/message.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* The kernel gives up on unanswered data after this time (tcp(7),
 * TCP_USER_TIMEOUT), which matters when a thread waits in a write. */
#define SILENCE_MS (P2V_SILENCE_S * 1000)

/* The kernel takes no more than this beyond what is on its way (tcp(7) of Linux 3.12,
 * TCP_NOTSENT_LOWAT): a slow link is then seen at once instead of megabytes later, and
 * what waits in front of it can still be compressed. */
#define UNSENT_MAX (256 * 1024)

typedef struct {
  GMainLoop *loop;
  GCancellable *stop;
  GSocketConnection *connection;
  GError *cause;
  gboolean timed_out;
} Dial;

static void
connected (GObject *client, GAsyncResult *result, gpointer data)
{
  Dial *dial = data;
  dial->connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (client), result, &dial->cause);
  g_main_loop_quit (dial->loop);
}

static gboolean
time_is_up (gpointer data)
{
  Dial *dial = data;
  dial->timed_out = TRUE;
  g_cancellable_cancel (dial->stop);
  return G_SOURCE_REMOVE;
}

static gboolean
user_cancelled (GCancellable *cancel G_GNUC_UNUSED, gpointer data)
{
  Dial *dial = data;
  g_cancellable_cancel (dial->stop);
  return G_SOURCE_REMOVE;
}

static void
explain (const Dial *dial, const Peer *peer, guint limit_s, GCancellable *cancel, GError **error)
{
  guint port = peer->port;
  const GError *cause = dial->cause;
  if (g_cancellable_is_cancelled (cancel)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
  } else if (dial->timed_out || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) {
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check p2v.server= and p2v.port=, that the server is up, and that no firewall "
                   "between the two machines drops SSH.",
                   "%s does not answer on port %u within %u seconds.", peer->title, port, limit_s);
  } else if (cause->domain == G_RESOLVER_ERROR) {
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check p2v.server=, give its IP address, or name a DNS server in ip=.",
                   "%s cannot be found by its name.", peer->title);
  } else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) {
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check p2v.server= and p2v.port=, and that sshd runs there.",
                   "%s refused the connection on port %u.", peer->title, port);
  } else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
             g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)) {
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check the cable and this machine's address, netmask and gateway (ip=).",
                   "%s cannot be reached, for there is no way through the network: %s.",
                   peer->title, cause->message);
  } else {
    p2v_set_error (error, P2V_ERROR_CONNECT, "Check p2v.server=, p2v.port= and the network.",
                   "%s cannot be reached on port %u: %s.", peer->title, port, cause->message);
  }
}

/* The descriptor outlives GLib's object, which would close it. */
static int
take_socket (GSocketConnection *connection)
{
  int fd = g_socket_get_fd (g_socket_connection_get_socket (connection));
  int one = 1, silence = SILENCE_MS, unsent = UNSENT_MAX;
  (void)setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  (void)setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  (void)setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
  (void)setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  return fcntl (fd, F_DUPFD_CLOEXEC, 3);
}

int
dial_peer (const Peer *peer, guint limit_s, GCancellable *cancel, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  Dial dial = {.loop = g_main_loop_new (context, FALSE), .stop = g_cancellable_new ()};

  GSource *timer = g_timeout_source_new_seconds (limit_s);
  g_source_set_callback (timer, time_is_up, &dial, NULL);
  g_source_attach (timer, context);
  GSource *cancelled = g_cancellable_source_new (cancel);
  g_source_set_callback (cancelled, G_SOURCE_FUNC (user_cancelled), &dial, NULL);
  g_source_attach (cancelled, context);

  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, peer->host, peer->port, dial.stop, connected,
                                         &dial);
  g_main_loop_run (dial.loop);

  int fd = -1;
  if (dial.connection)
    fd = take_socket (dial.connection);
  else
    explain (&dial, peer, limit_s, cancel, error);

  g_source_destroy (timer);
  g_source_unref (timer);
  g_source_destroy (cancelled);
  g_source_unref (cancelled);
  g_clear_object (&dial.connection);
  g_clear_error (&dial.cause);
  g_object_unref (dial.stop);
  g_main_loop_unref (dial.loop);
  g_main_context_pop_thread_default (context);
  return fd;
}
