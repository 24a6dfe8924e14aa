/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker's command socket, without nbdkit and queue. */
#include "p2v-server/broker-plugin-listen.c"
#include "fuzz.h"

static guint failures;

void
queue_fail (Queue *queue G_GNUC_UNUSED)
{
  failures++;
}

void
queue_forget_error (Queue *queue G_GNUC_UNUSED)
{
}

void
queue_expect (Queue *queue G_GNUC_UNUSED, gboolean live G_GNUC_UNUSED)
{
}

void
queue_stats (Queue *queue G_GNUC_UNUSED, QueueStats *stats)
{
  *stats = (QueueStats){0};
}

Channel *
channel_start (Queue *queue G_GNUC_UNUSED, int fd G_GNUC_UNUSED)
{
  return NULL;
}

gboolean
channel_is_done (const Channel *channel G_GNUC_UNUSED)
{
  return TRUE;
}

void
channel_stop (Channel *channel G_GNUC_UNUSED)
{
}

Lender *
lender_start (Queue *queue G_GNUC_UNUSED, int fd G_GNUC_UNUSED, int memory_fd G_GNUC_UNUSED,
              ReadMode mode G_GNUC_UNUSED)
{
  return NULL;
}

gboolean
lender_is_done (const Lender *lender G_GNUC_UNUSED)
{
  return TRUE;
}

void
lender_stop (Lender *lender G_GNUC_UNUSED)
{
}

void
nbdkit_debug (const char *format G_GNUC_UNUSED, ...)
{
}

void
nbdkit_error (const char *format G_GNUC_UNUSED, ...)
{
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int ends[2];
  char answer[512];
  MUST (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  size = MIN (size, 4096);
  MUST (size == 0 || write (ends[0], data, size) == (gssize)size);
  (void)shutdown (ends[0], SHUT_WR);
  failures = 0;
  Listener listener = {0};
  serve_command (&listener, ends[1]);
  close (ends[1]);
  gssize n = read (ends[0], answer, sizeof answer);
  MUST (failures <= 1 && (n <= 0 || answer[n - 1] == '\n'));
  close (ends[0]);
  return 0;
}
