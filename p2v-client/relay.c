/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each direction has one buffer of bounded size, and is read only while that has
 * room, so that a slow side holds up the other and nothing grows:
 *
 *   nbdkit socket --recv--> frames --> stream's outbox --as far as the window goes--> server
 *   nbdkit socket <--send-- to_nbd <-- frames <-- stream's inbox <------------------- server
 *
 * The two directions end one by one.  When nbdkit closes (after the server's
 * NBD_CMD_DISC), an end frame and SSH's EOF go out and what the server still says is
 * awaited; when the server ends, nbdkit sees a half-closed socket. */
#include "relay.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/message.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OUT_LOW  (128u * 1024u) /* bytes kept for the server before reading goes on */
#define IN_MAX   (256u * 1024u) /* the same for nbdkit: thousands of requests */
#define TURN_MAX (256u * 1024u) /* bytes a relay may send in its turn, for fairness */
#define READ_MAX (256u * 1024u)
#define DRAIN_MS 10000 /* a disk with a fault takes its time */
#define ALIVE    (P2V_ALIVE_S * G_USEC_PER_SEC)

struct Relay {
  guint disk;
  int fd; /* nbdkit's socket, non-blocking; -1 after it has closed */
  Stream *stream;
  P2vEncoder *encoder;
  P2vDecoder *decoder;
  GByteArray *to_nbd;
  RelayCounters *counters;
  guint64 plain, sent; /* this relay's share of them, from disk to server */
  gint64 last_frame;   /* when one was sent */
  gboolean readable;   /* poll() said so */
  gboolean nbd_ended;  /* nothing more comes from nbdkit */
  gboolean end_seen;   /* the server's end frame has come */
  gboolean peer_ended; /* nothing more comes from the server */
  gboolean nbd_told;   /* nbdkit knows that */
  gboolean done;
  guint8 buffer[READ_MAX];
};

static int
connect_nbd (guint disk, const char *path, GError **error)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = -1;
  if (strlen (path) < sizeof address.sun_path) {
    memcpy (address.sun_path, path, strlen (path) + 1);
    /* A non-blocking connect would fail when the listener's queue is full for a moment:
     * only sending and receiving do not wait (MSG_DONTWAIT). */
    fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  if (fd >= 0 && connect (fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  p2v_set_error (error, P2V_ERROR_DISK, NULL, "nbdkit does not serve disk %u at %s: %s.", disk + 1,
                 path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

Relay *
relay_open (Session *session, const char *job, guint disk, const char *socket,
            RelayCounters *counters, GCancellable *cancel, GError **error)
{
  int fd = connect_nbd (disk, socket, error);
  if (fd < 0)
    return NULL;
  Relay *relay = g_new0 (Relay, 1);
  relay->disk = disk;
  relay->fd = fd;
  relay->encoder = p2v_encoder_new ();
  relay->decoder = p2v_decoder_new ();
  relay->to_nbd = g_byte_array_new ();
  relay->counters = counters;
  relay->readable = TRUE;
  g_autofree char *number = g_strdup_printf ("%u", disk);
  const char *args[] = {"data", job, number, NULL};
  relay->stream = stream_open (session, args, cancel, error);
  if (!relay->stream)
    g_clear_pointer (&relay, relay_free);
  return relay;
}

/* nbdkit 1.32 (Debian 12) aborts, for all its connections, when one is closed under it
 * with several requests unanswered (assertion in connections.c, raw_send_socket).  So it
 * is half closed, and what it still answers is thrown away. */
static void
let_nbd_finish (Relay *relay)
{
  gint64 deadline = g_get_monotonic_time () + DRAIN_MS * G_TIME_SPAN_MILLISECOND;
  (void)shutdown (relay->fd, SHUT_WR);
  for (;;) {
    gint64 left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;
    struct pollfd pollfd = {.fd = relay->fd, .events = POLLIN};
    if (left <= 0 || poll (&pollfd, 1, (int)left) <= 0 ||
        recv (relay->fd, relay->buffer, READ_MAX, MSG_DONTWAIT) <= 0)
      return;
  }
}

void
relay_free (Relay *relay)
{
  if (!relay)
    return;
  if (relay->fd >= 0) {
    if (!relay->nbd_ended)
      let_nbd_finish (relay);
    close (relay->fd);
  }
  stream_free (relay->stream);
  p2v_encoder_free (relay->encoder);
  p2v_decoder_free (relay->decoder);
  g_byte_array_unref (relay->to_nbd);
  g_free (relay);
}

static gboolean
nbd_is_gone (Relay *relay)
{
  if (relay->fd >= 0)
    close (relay->fd);
  relay->fd = -1;
  g_byte_array_set_size (relay->to_nbd, 0);
  return TRUE;
}

static void
finish_sending (Relay *relay)
{
  if (relay->nbd_ended)
    return;
  relay->nbd_ended = TRUE;
  GByteArray *outbox = stream_outbox (relay->stream);
  guint before = outbox->len;
  p2v_encoder_end (relay->encoder, outbox);
  atomic_fetch_add (&relay->counters->wire_out, outbox->len - before);
  stream_finish (relay->stream);
}

/* Not for every bit of room: a few large reads cost less than many small ones. */
static gboolean
wants_more (Relay *relay)
{
  return !relay->nbd_ended && stream_unsent (relay->stream) <= OUT_LOW;
}

/* recv() of what nbdkit has, into frames in OUTBOX. */
static ssize_t
receive_frames (Relay *relay, gboolean compress, GByteArray *outbox)
{
  guint8 *to = compress ? relay->buffer : p2v_encoder_reserve (outbox, READ_MAX);
  ssize_t n = recv (relay->fd, to, READ_MAX, MSG_DONTWAIT);
  int saved = errno;
  if (!compress)
    p2v_encoder_reserved (outbox, READ_MAX, (gsize)MAX (n, 0));
  else if (n > 0)
    p2v_encoder_push (relay->encoder, to, (gsize)n, TRUE, outbox);
  errno = saved;
  return n;
}

static void
take_from_nbd (Relay *relay, gboolean compress)
{
  while (relay->readable && wants_more (relay)) {
    GByteArray *outbox = stream_outbox (relay->stream);
    guint before = outbox->len;
    ssize_t n = receive_frames (relay, compress, outbox);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN) {
      relay->readable = FALSE;
    } else if (n <= 0) {
      finish_sending (relay);
    } else {
      atomic_fetch_add (&relay->counters->payload_out, (guint64)n);
      atomic_fetch_add (&relay->counters->wire_out, outbox->len - before);
      relay->plain += (guint64)n;
      relay->sent += outbox->len - before;
      relay->last_frame = g_get_monotonic_time ();
      /* A short read has emptied the socket. */
      relay->readable = n == READ_MAX;
    }
  }
}

/* A quiet disk is no broken link. */
static void
give_sign_of_life (Relay *relay)
{
  gint64 now = g_get_monotonic_time ();
  if (relay->nbd_ended || stream_unsent (relay->stream) > 0 || now - relay->last_frame < ALIVE)
    return;
  GByteArray *outbox = stream_outbox (relay->stream);
  guint before = outbox->len;
  p2v_encoder_alive (relay->encoder, outbox);
  atomic_fetch_add (&relay->counters->wire_out, outbox->len - before);
  relay->last_frame = now;
}

static gboolean
give_to_nbd (Relay *relay)
{
  while (relay->to_nbd->len > 0 && relay->fd >= 0) {
    ssize_t n =
        send (relay->fd, relay->to_nbd->data, relay->to_nbd->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return TRUE;
    if (n < 0)
      return nbd_is_gone (relay);
    g_byte_array_remove_range (relay->to_nbd, 0, (guint)n);
  }
  return TRUE;
}

static gboolean
take_from_server (Relay *relay, GError **error)
{
  if (relay->to_nbd->len >= IN_MAX)
    return TRUE;
  GByteArray *inbox = stream_inbox (relay->stream);
  if (inbox->len > 0) {
    guint before = relay->to_nbd->len;
    gboolean ended = FALSE;
    gsize used = 0;
    if (!p2v_decoder_push (relay->decoder, inbox->data, inbox->len, relay->to_nbd, &used, &ended,
                           error))
      return FALSE;
    atomic_fetch_add (&relay->counters->wire_in, used);
    atomic_fetch_add (&relay->counters->payload_in, relay->to_nbd->len - before);
    g_byte_array_remove_range (inbox, 0, (guint)used);
    relay->end_seen |= ended;
    relay->peer_ended |= ended;
    if (relay->fd < 0)
      g_byte_array_set_size (relay->to_nbd, 0);
  }
  return TRUE;
}

/* A channel that the server closes in good order (its job has ended) is not an
 * error, one whose program failed is; one whose program was killed, or took us for lost,
 * may be opened again. */
static gboolean
judge_end (Relay *relay, GError **error)
{
  relay->done = TRUE;
  int status = stream_exit_status (relay->stream);
  const char *said = stream_complaint (relay->stream);
  if (status == 0 || (status < 0 && relay->end_seen))
    return TRUE;
  if (status == 126 || status == 127) {
    session_explain_exit (status, said, error);
    return FALSE;
  }
  g_autofree char *words = g_strdelimit (g_strstrip (g_strdup (said)), "\n\r", ' ');
  gboolean lost = status < 0 || status == P2V_DATA_LOST;
  p2v_set_error (error, lost ? P2V_ERROR_LINK : P2V_ERROR_JOB,
                 "Look at the job with \"p2v-server list\" there.",
                 "The conversion server ended the data channel of disk %u: %s.", relay->disk + 1,
                 *words ? words : "it gave no reason");
  return FALSE;
}

gboolean
relay_step (Relay *relay, gboolean compress, gboolean held, gsize *allowed, GError **error)
{
  if (relay->done)
    return TRUE;
  if (!held && !take_from_server (relay, error))
    return FALSE;
  give_to_nbd (relay);
  if (stream_at_end (relay->stream) && stream_inbox (relay->stream)->len == 0)
    relay->peer_ended = TRUE;
  if (relay->peer_ended && relay->to_nbd->len == 0 && relay->fd >= 0 && !relay->nbd_told) {
    relay->nbd_told = TRUE;
    (void)shutdown (relay->fd, SHUT_WR);
  }
  if (relay->fd >= 0)
    take_from_nbd (relay, compress);
  else
    finish_sending (relay);
  give_sign_of_life (relay);
  gsize unsent = stream_unsent (relay->stream);
  if (!stream_send (relay->stream, MIN (TURN_MAX, *allowed), error))
    return FALSE;
  *allowed -= unsent - stream_unsent (relay->stream);
  return stream_is_closed (relay->stream) ? judge_end (relay, error) : TRUE;
}

void
relay_poll (Relay *relay, struct pollfd *pollfd)
{
  short events = 0;
  if (!relay->readable && wants_more (relay))
    events |= POLLIN;
  if (relay->to_nbd->len > 0)
    events |= POLLOUT;
  /* Without a wish the descriptor stays out: a hang-up is reported in any case. */
  *pollfd = (struct pollfd){.fd = events && !relay->done ? relay->fd : -1, .events = events};
}

void
relay_notice (Relay *relay, const struct pollfd *pollfd)
{
  if (pollfd->revents & (POLLIN | POLLHUP | POLLERR))
    relay->readable = TRUE;
}

gboolean
relay_is_blocked (Relay *relay)
{
  return !relay->done && stream_unsent (relay->stream) > 0;
}

void
relay_add_traffic (Relay *relay, guint64 *plain, guint64 *sent)
{
  *plain += relay->plain;
  *sent += relay->sent;
}

gboolean
relay_is_busy (Relay *relay, gsize allowed)
{
  if (relay->done)
    return FALSE;
  return stream_is_busy (relay->stream, allowed) ||
         (stream_inbox (relay->stream)->len > 0 && relay->to_nbd->len < IN_MAX) ||
         (relay->readable && wants_more (relay));
}

gboolean
relay_is_done (Relay *relay)
{
  return relay->done;
}
