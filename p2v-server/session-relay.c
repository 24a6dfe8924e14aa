/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session-relay.h"
#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "common/message.h"
#include "socket.h"

/* Waiting on one side before the other is not read any more. */
#define BUFFER_MAX (1u << 20)

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
    gsize length = strlen (line);
    g_byte_array_append (to_job, (const guint8 *)line, (guint)length);
    g_byte_array_append (to_job, (const guint8 *)"\n", 1);
    explicit_bzero (line, length);
    g_free (line);
  }
}

/* Milliseconds until the client's silence is too long; -1 while it is not listened to,
 * for then it is the job that is slow. */
static int
patience (gboolean listening, gint64 heard)
{
  gint64 left = heard + P2V_SILENCE_S * G_USEC_PER_SEC - g_get_monotonic_time ();
  return listening ? (int)MAX (left / 1000, 0) : -1;
}

void
session_relay (int job_fd, P2vLines *lines)
{
  /* What the client says may be a passphrase: this does not grow, and what was sent is wiped. */
  g_autoptr (GByteArray) to_job = g_byte_array_sized_new (2 * BUFFER_MAX + P2V_MESSAGE_MAX);
  g_autoptr (GByteArray) to_client = g_byte_array_new ();
  const int fds[] = {STDIN_FILENO, STDOUT_FILENO, job_fd};
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    (void)g_unix_set_fd_nonblocking (fds[i], TRUE, NULL);
  take_whole_lines (lines, to_job);
  gint64 heard = g_get_monotonic_time ();
  gboolean client = TRUE, job = TRUE;
  while (client && (job || to_client->len > 0)) {
    gboolean listening = to_job->len < BUFFER_MAX;
    struct pollfd polls[] = {
        {.fd = STDIN_FILENO, .events = listening ? POLLIN : 0},
        {.fd = to_client->len ? STDOUT_FILENO : -1, .events = POLLOUT},
        {.fd = job ? job_fd : -1,
         .events =
             (short)((to_client->len < BUFFER_MAX ? POLLIN : 0) | (to_job->len ? POLLOUT : 0))},
    };
    int ready = poll (polls, G_N_ELEMENTS (polls), patience (listening, heard));
    if (ready < 0 && errno != EINTR)
      break;
    guint8 buffer[65536];
    gsize got;
    if (polls[0].revents) {
      client = fill (STDIN_FILENO, buffer, sizeof buffer, &got) &&
               p2v_lines_push (lines, buffer, got, NULL);
      explicit_bzero (buffer, got);
      take_whole_lines (lines, to_job);
    }
    if (polls[0].revents || !listening)
      heard = g_get_monotonic_time ();
    else if (patience (TRUE, heard) == 0)
      break;
    if (job && (polls[2].revents & (POLLIN | POLLHUP | POLLERR))) {
      job = fill (job_fd, buffer, sizeof buffer, &got);
      g_byte_array_append (to_client, buffer, (guint)got);
    }
    job = job && socket_drain (job_fd, to_job);
    client = socket_drain (STDOUT_FILENO, to_client) && client;
  }
}
