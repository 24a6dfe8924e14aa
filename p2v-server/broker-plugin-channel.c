/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker-plugin.h"
#include <errno.h>
#include <libnbd.h>
#include <nbdkit-plugin.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Channel {
  Queue *queue;
  struct nbd_handle *nbd;
  int wake_fd;
  GHashTable *flights; /* Flight *: reads that were sent (a set) */
  gsize in_flight;     /* their bytes */
  gboolean joined;
  atomic_bool stop, done;
  GThread *thread;
};

typedef struct {
  Channel *channel;
  Request *request;
} Flight;

/* libnbd answers what was under way with ENOTCONN when the connection breaks,
 * and a server that shuts down answers ESHUTDOWN: neither is the disk's word. */
static int
on_answer (void *data, int *error)
{
  g_autofree Flight *flight = data;
  Channel *channel = flight->channel;
  g_hash_table_remove (channel->flights, flight);
  channel->in_flight -= flight->request->length;
  if (*error == ENOTCONN || *error == ESHUTDOWN)
    queue_give_back (channel->queue, flight->request);
  else
    queue_answer (channel->queue, flight->request, *error);
  return 1; /* libnbd forgets the command */
}

/* Sends as many reads as the channel may have; FALSE when the connection is gone. */
static gboolean
send_reads (Channel *channel)
{
  for (;;) {
    Request *request = queue_take (channel->queue, channel->in_flight);
    if (!request)
      return TRUE;
    Flight *flight = g_new (Flight, 1);
    *flight = (Flight){channel, request};
    g_hash_table_add (channel->flights, flight);
    channel->in_flight += request->length;
    nbd_completion_callback callback = {.callback = on_answer, .user_data = flight};
    if (nbd_aio_pread (channel->nbd, request->data, request->length, request->offset, callback, 0) <
        0)
      return FALSE;
  }
}

/* After the handshake: is it our disk?  Then the channel takes part. */
static gboolean
enter_queue (Channel *channel)
{
  gint64 size = nbd_get_size (channel->nbd);
  if (size < 0 || (guint64)size != queue_disk_size (channel->queue)) {
    nbdkit_error ("a data channel has %" G_GINT64_FORMAT " bytes, the disk %" G_GUINT64_FORMAT,
                  size, queue_disk_size (channel->queue));
    queue_note_wrong_size (channel->queue, (guint64)MAX (size, 0));
    return FALSE;
  }
  queue_join (channel->queue, channel, channel->wake_fd);
  channel->joined = TRUE;
  return TRUE;
}

static gboolean
wait_and_move (Channel *channel)
{
  unsigned direction = nbd_aio_get_direction (channel->nbd);
  struct pollfd fds[2] = {
      {.fd = nbd_aio_get_fd (channel->nbd),
       .events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                         (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0))},
      {.fd = channel->wake_fd, .events = POLLIN},
  };
  if (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
    return errno == EINTR;
  guint64 count;
  if ((fds[1].revents & POLLIN) && read (channel->wake_fd, &count, sizeof count) < 0)
    return FALSE;
  int moved = 0;
  if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) && (direction & LIBNBD_AIO_DIRECTION_READ))
    moved = nbd_aio_notify_read (channel->nbd);
  else if ((fds[0].revents & (POLLOUT | POLLHUP | POLLERR)) &&
           (direction & LIBNBD_AIO_DIRECTION_WRITE))
    moved = nbd_aio_notify_write (channel->nbd);
  queue_send_answers (channel->queue);
  return moved == 0;
}

/* What is still under way has no answer to come: others are to ask for it. */
static void
close_connection (Channel *channel)
{
  if (nbd_aio_is_ready (channel->nbd) > 0)
    (void)nbd_aio_disconnect (channel->nbd, 0);
  nbd_close (channel->nbd);
  GHashTableIter iter;
  gpointer flight;
  g_hash_table_iter_init (&iter, channel->flights);
  while (g_hash_table_iter_next (&iter, &flight, NULL)) {
    queue_give_back (channel->queue, ((Flight *)flight)->request);
    g_free (flight);
  }
  g_hash_table_unref (channel->flights);
  queue_send_answers (channel->queue);
}

static gpointer
run_channel (gpointer data)
{
  Channel *channel = data;
  while (!atomic_load (&channel->stop)) {
    if (nbd_aio_is_dead (channel->nbd) || nbd_aio_is_closed (channel->nbd))
      break;
    if (!channel->joined && !nbd_aio_is_connecting (channel->nbd) && !enter_queue (channel))
      break;
    if (channel->joined && !send_reads (channel))
      break;
    if (!wait_and_move (channel))
      break;
  }
  if (channel->joined)
    queue_leave (channel->queue, channel);
  close_connection (channel);
  atomic_store (&channel->done, TRUE);
  return NULL;
}

Channel *
channel_start (Queue *queue, int fd)
{
  Channel *channel = g_new0 (Channel, 1);
  channel->queue = queue;
  channel->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  channel->nbd = nbd_create ();
  /* A buffer is looked at only after a read that succeeded. */
  if (channel->wake_fd < 0 || !channel->nbd || nbd_set_pread_initialize (channel->nbd, false) < 0 ||
      nbd_aio_connect_socket (channel->nbd, fd) < 0) {
    nbdkit_error ("data channel: %s", channel->nbd ? nbd_get_error () : g_strerror (errno));
    nbd_close (channel->nbd);
    atomic_store (&channel->done, TRUE);
    return channel;
  }
  channel->flights = g_hash_table_new (NULL, NULL);
  channel->thread = g_thread_new ("channel", run_channel, channel);
  return channel;
}

gboolean
channel_is_done (const Channel *channel)
{
  return atomic_load (&channel->done);
}

void
channel_stop (Channel *channel)
{
  guint64 one = 1;
  atomic_store (&channel->stop, TRUE);
  if (write (channel->wake_fd, &one, sizeof one) < 0)
    nbdkit_debug ("a data channel cannot be woken: %m");
  if (channel->thread)
    g_thread_join (channel->thread);
  if (channel->wake_fd >= 0)
    close (channel->wake_fd);
  g_free (channel);
}
