/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server data JOB DISK`: one data channel.  The broker's bytes go to
 * standard output in frames, frames from standard input to the broker. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/error.h"
#include "common/frame.h"
#include "common/message.h"
#include "jobdir.h"
#include "socket.h"
#include "state.h"
#include "subcommands.h"

/* Waiting on one side before the other is not read any more. */
#define BUFFER_MAX (512u * 1024u)
#define READ_BYTES (128u * 1024u)

/* Of sshd's pipe, whose 64 KiB it would fill several times for each of our turns. */
#define PIPE_BYTES (1024 * 1024)

/* Frames that are passed on before anything else is looked at. */
#define FRAMES_A_TURN 16

/* The client connects as soon as the job exists, its broker comes a little later. */
#define LOOK_US (G_USEC_PER_SEC / 20)

typedef struct {
  int fd; /* the broker */
  P2vEncoder *encoder;
  P2vDecoder *decoder;
  GByteArray *packed; /* frames of the client that were not taken apart yet */
  GByteArray *to_broker, *to_client;
  gboolean may_splice;   /* standard input is a pipe, and the broker still there */
  gboolean full;         /* the broker's socket, when that was tried last */
  gint64 heard;          /* monotonic time of the client's last sign of life */
  gboolean client_ended; /* nothing more comes from it */
  gboolean told;         /* the broker knows */
  gboolean broker_ended;
} Splice;

/* Bytes read, 0 at the end, -1 for nothing now. */
static ssize_t
take (int fd, guint8 *buffer, gsize most)
{
  ssize_t n = read (fd, buffer, most);
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
  return n;
}

static gboolean
link_broke (GError **error)
{
  p2v_set_error (error, P2V_ERROR_LINK, NULL, "The link to the physical machine broke.");
  return FALSE;
}

/* Moves a plain payload from the pipe to the broker's socket inside the kernel: nearly all
 * bytes of a fast link go that way.  As take(). */
static ssize_t
splice_plain (Splice *s, gsize most)
{
  ssize_t n = splice (STDIN_FILENO, NULL, s->fd, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0)
    p2v_decoder_passed (s->decoder, (gsize)n);
  if (n >= 0)
    return n;
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  if (errno == EAGAIN)
    s->full = poll (&input, 1, 0) > 0;
  else if (errno != EINTR)
    s->may_splice = FALSE; /* no pipe, or no broker any more: its end is seen by reading */
  return -1;
}

/* A client that vanishes without the end frame is a broken link: FALSE, and the
 * broker asks another channel.  *MORE: something was there. */
static gboolean
take_from_client (Splice *s, guint8 *buffer, gboolean *more, GError **error)
{
  gsize plain = s->may_splice && s->to_broker->len == 0 ? p2v_decoder_plain (s->decoder) : 0;
  /* Not beyond the next header, for what follows that may be spliced. */
  gsize most = s->may_splice ? MIN (p2v_decoder_wants (s->decoder), READ_BYTES) : READ_BYTES;
  ssize_t n = plain > 0 ? splice_plain (s, plain) : take (STDIN_FILENO, buffer, most);
  if (n == 0)
    return link_broke (error);
  s->heard = g_get_monotonic_time ();
  if (n > 0 && plain == 0)
    g_byte_array_append (s->packed, buffer, (guint)n);
  *more = n > 0;
  return TRUE;
}

/* As much as the broker takes now. */
static gboolean
give_to_broker (Splice *s, GError **error)
{
  do {
    gsize used = 0;
    if (!p2v_decoder_push (s->decoder, s->packed->data, s->packed->len, s->to_broker, &used,
                           &s->client_ended, error))
      return FALSE;
    g_byte_array_remove_range (s->packed, 0, (guint)used);
    if (!socket_drain (s->fd, s->to_broker))
      g_byte_array_set_size (s->to_broker, 0); /* its end is seen by reading */
  } while (s->packed->len > 0 && s->to_broker->len < P2V_FRAME_MAX);
  return TRUE;
}

static void
take_from_broker (Splice *s, guint8 *buffer)
{
  ssize_t n = take (s->fd, buffer, READ_BYTES);
  if (n > 0) {
    /* Requests of NBD are 28 bytes each: not worth compressing. */
    p2v_encoder_push (s->encoder, buffer, (gsize)n, FALSE, s->to_client);
  } else if (n == 0) {
    s->broker_ended = TRUE;
    p2v_encoder_end (s->encoder, s->to_client);
  }
}

/* Milliseconds until the client's silence is too long: a link that drops everything is
 * told by nothing else, and the broker would wait for its answers.  -1 while nobody
 * listens to the client. */
static int
patience (const Splice *s, gboolean listening)
{
  gint64 left = s->heard + P2V_SILENCE_S * G_USEC_PER_SEC - g_get_monotonic_time ();
  return listening ? (int)MAX (left / 1000, 0) : -1;
}

static gboolean
wants_client (const Splice *s)
{
  return !s->client_ended && s->packed->len == 0 && s->to_broker->len < P2V_FRAME_MAX && !s->full;
}

/* Until the broker has ended and that has been said. */
static gboolean
splice_run (Splice *s, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (READ_BYTES);
  s->heard = g_get_monotonic_time ();
  while (!s->broker_ended || s->to_client->len > 0) {
    gboolean from_client = wants_client (s);
    gboolean from_broker = !s->broker_ended && s->to_client->len < BUFFER_MAX;
    gboolean to_broker = s->to_broker->len > 0 || s->full;
    struct pollfd polls[] = {
        {.fd = from_client ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = s->to_client->len ? STDOUT_FILENO : -1, .events = POLLOUT},
        {.fd = s->broker_ended ? -1 : s->fd,
         .events = (short)((from_broker ? POLLIN : 0) | (to_broker ? POLLOUT : 0))},
    };
    if (poll (polls, G_N_ELEMENTS (polls), patience (s, from_client)) < 0 && errno != EINTR)
      break;
    if (polls[2].revents & (POLLOUT | POLLHUP | POLLERR))
      s->full = FALSE;
    gboolean more = polls[0].revents != 0;
    for (guint i = 0; i < FRAMES_A_TURN && more && wants_client (s); i++)
      if (!take_from_client (s, buffer, &more, error) || !give_to_broker (s, error))
        return FALSE;
    /* The end of the stream ends it: what came behind it is for the decoder to refuse. */
    if (s->client_ended && !s->told && s->packed->len == 0) {
      ssize_t n = take (STDIN_FILENO, buffer, 1);
      if (n > 0)
        g_byte_array_append (s->packed, buffer, (guint)n);
    }
    if (!from_client)
      s->heard = g_get_monotonic_time ();
    else if (patience (s, TRUE) == 0)
      return link_broke (error);
    if (from_broker && (polls[2].revents & (POLLIN | POLLHUP | POLLERR)))
      take_from_broker (s, buffer);
    if (!give_to_broker (s, error))
      return FALSE;
    if (s->client_ended && !s->told && s->to_broker->len == 0) {
      s->told = TRUE;
      (void)shutdown (s->fd, SHUT_WR);
    }
    if (!socket_drain (STDOUT_FILENO, s->to_client))
      return link_broke (error);
  }
  return TRUE;
}

/* The broker's socket; -1 when the job has ended, also with an error when it is
 * not there. */
static int
connect_broker (const char *id, const char *disk, GError **error)
{
  g_autofree char *dir = jobdir_find (id, error);
  if (!dir)
    return -1;
  guint64 index;
  if (!g_ascii_string_to_unsigned (disk, 10, 0, 255, &index, NULL)) {
    p2v_set_error (error, P2V_ERROR_JOB, NULL, "\"%s\" is not the number of a disk.", disk);
    return -1;
  }
  g_autofree char *name = g_strdup_printf ("d%u.data", (guint)index);
  g_autofree char *path = g_build_filename (dir, name, NULL);
  struct pollfd hangup = {.fd = STDOUT_FILENO, .events = 0};
  while (jobdir_is_alive (dir)) {
    int fd = socket_connect (path);
    if (fd >= 0)
      return fd;
    /* Wakes early when the client goes away meanwhile. */
    if (poll (&hangup, 1, LOOK_US / 1000) > 0)
      return -1;
  }
  return -1;
}

/* Will somebody want the client's disks again?  A job that came to a halt, or whose process
 * is gone, may go on. */
static gboolean
job_is_open (const char *id)
{
  g_autofree char *dir = jobdir_find (id, NULL);
  g_autoptr (State) state = dir ? state_read (dir) : NULL;
  return state && state_is_open (state);
}

static gboolean
splice_streams (int fd, GError **error)
{
  const int fds[] = {STDIN_FILENO, STDOUT_FILENO, fd};
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    (void)g_unix_set_fd_nonblocking (fds[i], TRUE, NULL);
  (void)fcntl (STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES); /* it may be a socket */
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GByteArray) to_broker = g_byte_array_new (), to_client = g_byte_array_new ();
  Splice s = {.fd = fd,
              .encoder = encoder,
              .decoder = decoder,
              .packed = packed,
              .to_broker = to_broker,
              .to_client = to_client,
              .may_splice = TRUE};
  return splice_run (&s, error);
}

int
command_data (int argc, char **argv)
{
  if (argc != 3)
    return subcommand_usage ("data");
  signal (SIGPIPE, SIG_IGN);
  g_autoptr (GError) error = NULL;
  int fd = connect_broker (argv[1], argv[2], &error);
  if (fd >= 0) {
    splice_streams (fd, &error);
    close (fd);
  }
  if (!error)
    return job_is_open (argv[1]) ? P2V_DATA_LOST : 0;
  subcommand_failed (error);
  return g_error_matches (error, P2V_ERROR, P2V_ERROR_LINK) ? P2V_DATA_LOST : 1;
}
