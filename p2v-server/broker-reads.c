/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker-reads.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "broker-memory.h"
#include "common/error.h"
#include "flow.h"
#include "socket.h"

#define ANSWER_S 10 /* it answers from memory */

typedef struct {
  NbdDone done; /* NULL: free */
  gpointer user;
} Waiting;

struct BrokerReads {
  int fd;
  char *what;
  SourceMemory memory;
  GArray *outbox; /* BrokerAsk */
  Waiting waiting[FLOW_SLOTS];
  guint next;                         /* where to look for a free one */
  guint8 part[sizeof (BrokerAnswer)]; /* of an answer that is not whole yet */
  gsize have;
};

static gboolean
lost (const BrokerReads *reads, const char *why, GError **error)
{
  p2v_set_error (error, P2V_ERROR_IO, "Look into the log of the job for the reason.",
                 "The connection to %s is lost: %s.", reads->what, why);
  return FALSE;
}

static gboolean
send_memory (const BrokerReads *reads, const char *export, GError **error)
{
  g_autofree char *line = g_strdup_printf ("memory %s\n", export);
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control = {0};
  struct iovec iov = {line, strlen (line)};
  struct msghdr message = {
      .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof (int));
  memcpy (CMSG_DATA (header), &reads->memory.fd, sizeof (int));
  char answer[3] = "";
  struct timeval patience = {.tv_sec = ANSWER_S};
  (void)setsockopt (reads->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (sendmsg (reads->fd, &message, MSG_NOSIGNAL) != (ssize_t)iov.iov_len ||
      recv (reads->fd, answer, sizeof answer, MSG_WAITALL) != sizeof answer)
    return lost (reads, g_strerror (errno), error);
  return memcmp (answer, "ok\n", 3) == 0 || lost (reads, "it takes no memory", error);
}

BrokerReads *
broker_reads_open (const char *control, const char *export, const SourceMemory *memory,
                   const char *what, GError **error)
{
  BrokerReads *reads = g_new0 (BrokerReads, 1);
  reads->what = g_strdup (what);
  reads->memory = *memory;
  reads->outbox = g_array_new (FALSE, FALSE, sizeof (BrokerAsk));
  reads->fd = socket_connect (control);
  if (reads->fd < 0 ? lost (reads, g_strerror (errno), error) : send_memory (reads, export, error))
    return reads;
  broker_reads_free (reads);
  return NULL;
}

void
broker_reads_free (BrokerReads *reads)
{
  if (!reads)
    return;
  if (reads->fd >= 0)
    close (reads->fd);
  g_array_unref (reads->outbox);
  g_free (reads->what);
  g_free (reads);
}

gboolean
broker_reads_ask (BrokerReads *reads, guint8 *data, guint64 offset, guint32 length, NbdDone done,
                  gpointer user, GError **error)
{
  guint id = reads->next;
  while (reads->waiting[id].done)
    if ((id = (id + 1) % FLOW_SLOTS) == reads->next)
      return lost (reads, "too many reads at once", error);
  reads->next = (id + 1) % FLOW_SLOTS;
  reads->waiting[id] = (Waiting){done, user};
  BrokerAsk ask = {(guint64)(data - reads->memory.bytes), offset, length, id};
  g_array_append_val (reads->outbox, ask);
  return TRUE;
}

/* All that was asked since the last time, so that the broker wakes up once. */
static gboolean
send_asks (gpointer data, GError **error)
{
  BrokerReads *reads = data;
  const char *p = reads->outbox->data;
  gsize left = reads->outbox->len * sizeof (BrokerAsk);
  while (left > 0) {
    ssize_t n = send (reads->fd, p, left, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return lost (reads, g_strerror (errno), error);
    p += n;
    left -= (gsize)n;
  }
  g_array_set_size (reads->outbox, 0);
  return TRUE;
}

static gboolean
take_answers (gpointer data, GError **error)
{
  BrokerReads *reads = data;
  guint8 buffer[FLOW_SLOTS * sizeof (BrokerAnswer)];
  memcpy (buffer, reads->part, reads->have);
  ssize_t n = recv (reads->fd, buffer + reads->have, sizeof buffer - reads->have, MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return TRUE;
  if (n <= 0)
    return lost (reads, n < 0 ? g_strerror (errno) : "it was closed", error);
  gsize length = reads->have + (gsize)n, at = 0;
  for (; length - at >= sizeof (BrokerAnswer); at += sizeof (BrokerAnswer)) {
    BrokerAnswer answer;
    memcpy (&answer, buffer + at, sizeof answer);
    if (answer.id >= FLOW_SLOTS || !reads->waiting[answer.id].done)
      return lost (reads, "an answer that nobody waits for", error);
    Waiting waiting = reads->waiting[answer.id];
    reads->waiting[answer.id].done = NULL;
    waiting.done (waiting.user, answer.errnum);
  }
  reads->have = length - at;
  memcpy (reads->part, buffer + at, reads->have);
  return TRUE;
}

gboolean
broker_reads_watch (BrokerReads *reads, NbdWatch *watch)
{
  *watch = (NbdWatch){.fd = reads->fd, .send = send_asks, .ready = take_answers, .data = reads};
  return TRUE;
}
