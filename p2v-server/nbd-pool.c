/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd-pool.h"
#include <errno.h>
#include <libnbd.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include "common/error.h"
#include "nbd-pool-private.h"

/* A handshake is answered by a local program; only a dead one takes longer. */
#define CONNECT_SECONDS 30

/* How long closing waits for answers that nobody wants any more. */
#define DRAIN_MS 1000

static gboolean
lost_connection (NbdPool *pool, GError **error)
{
  const char *why = nbd_get_error ();
  p2v_set_error (error, P2V_ERROR_IO, "Look into the log of the job for the reason.",
                 "The connection to %s is lost: %s.", pool->what, why ? why : "it was closed");
  return FALSE;
}

static gboolean
cancelled (GCancellable *cancel, GError **error)
{
  if (!g_cancellable_is_cancelled (cancel))
    return FALSE;
  p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
  return TRUE;
}

/* The handshake in small steps, so that cancelling is heard while it waits. */
static gboolean
wait_ready (NbdPool *pool, struct nbd_handle *handle, GCancellable *cancel, GError **error)
{
  gint64 end = g_get_monotonic_time () + CONNECT_SECONDS * G_USEC_PER_SEC;
  while (nbd_aio_is_connecting (handle) > 0) {
    if (cancelled (cancel, error))
      return FALSE;
    if (g_get_monotonic_time () > end) {
      p2v_set_error (error, P2V_ERROR_IO, NULL, "%s did not answer within %d seconds.", pool->what,
                     CONNECT_SECONDS);
      return FALSE;
    }
    if (nbd_poll (handle, 100) < 0)
      return lost_connection (pool, error);
  }
  return nbd_aio_is_ready (handle) > 0 ? TRUE : lost_connection (pool, error);
}

static struct nbd_handle *
connect_one (NbdPool *pool, const char *socket, const char *export, GCancellable *cancel,
             GError **error)
{
  struct nbd_handle *handle = nbd_create ();
  if (!handle)
    g_error ("nbd_create: %s", nbd_get_error ());
  if (nbd_set_export_name (handle, export) < 0 ||
      nbd_add_meta_context (handle, LIBNBD_CONTEXT_BASE_ALLOCATION) < 0 ||
      nbd_add_meta_context (handle, NBD_DEPTH_CONTEXT) < 0 ||
      /* Buffers are only looked at after a read that succeeded. */
      nbd_set_pread_initialize (handle, false) < 0 || nbd_aio_connect_unix (handle, socket) < 0) {
    lost_connection (pool, error);
    nbd_close (handle);
    return NULL;
  }
  if (!wait_ready (pool, handle, cancel, error)) {
    nbd_close (handle);
    return NULL;
  }
  return handle;
}

NbdPool *
nbd_pool_open (const char *socket, const char *export, guint connections, const char *what,
               GCancellable *cancel, GError **error)
{
  g_autoptr (NbdPool) pool = g_new0 (NbdPool, 1);
  pool->what = g_strdup (what);
  pool->lanes = g_new0 (NbdLane, connections);
  for (guint i = 0; i < connections; i++) {
    struct nbd_handle *handle = connect_one (pool, socket, export, cancel, error);
    if (!handle)
      return NULL;
    pool->lanes[pool->n_lanes++].handle = handle;
  }
  gint64 size = nbd_get_size (pool->lanes[0].handle);
  if (size < 0) {
    lost_connection (pool, error);
    return NULL;
  }
  pool->size = (guint64)size;
  return g_steal_pointer (&pool);
}

/* nbdkit 1.32 (Debian 12) aborts when a connection with several unanswered
 * requests is closed under it (assertion in connections.c, raw_send_socket), and
 * the broker is to live on.  So busy connections are only half closed, and what
 * is still answered is thrown away, until the server closes or DRAIN_MS are over. */
void
nbd_pool_hang_up (NbdPool *pool)
{
  if (!pool || pool->hung_up)
    return;
  pool->hung_up = g_get_monotonic_time ();
  for (guint i = 0; i < pool->n_lanes; i++)
    if (pool->lanes[i].in_flight > 0)
      (void)shutdown (nbd_aio_get_fd (pool->lanes[i].handle), SHUT_WR);
}

static void
drain_busy_lanes (NbdPool *pool)
{
  gint64 end = pool->hung_up + DRAIN_MS * G_TIME_SPAN_MILLISECOND;
  for (guint i = 0; i < pool->n_lanes; i++) {
    if (pool->lanes[i].in_flight == 0)
      continue;
    struct pollfd pollfd = {.fd = nbd_aio_get_fd (pool->lanes[i].handle), .events = POLLIN};
    char scrap[16384];
    for (;;) {
      gint64 left = (end - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;
      if (left <= 0 || pollfd.fd < 0 || poll (&pollfd, 1, (int)left) <= 0 ||
          recv (pollfd.fd, scrap, sizeof scrap, MSG_DONTWAIT) <= 0)
        break;
    }
  }
}

void
nbd_pool_free (NbdPool *pool)
{
  if (!pool)
    return;
  nbd_pool_hang_up (pool);
  drain_busy_lanes (pool);
  for (guint i = 0; i < pool->n_lanes; i++) {
    struct nbd_handle *handle = pool->lanes[i].handle;
    /* A goodbye, so that the server does not log a broken connection. */
    if (nbd_aio_is_ready (handle) > 0 && pool->lanes[i].in_flight == 0)
      (void)nbd_aio_disconnect (handle, 0);
    nbd_close (handle);
  }
  g_free (pool->lanes);
  g_free (pool->what);
  g_free (pool);
}

guint64
nbd_pool_size (NbdPool *pool)
{
  return pool->size;
}

const char *
nbd_pool_what (NbdPool *pool)
{
  return pool->what;
}

typedef struct {
  NbdLane *lane;
  NbdDone done;
  gpointer user;
} Request;

static int
request_done (void *data, int *errnum)
{
  Request *request = data;
  request->lane->in_flight--;
  request->done (request->user, *errnum);
  return 1; /* libnbd forgets the request */
}

static NbdLane *
idlest_lane (NbdPool *pool)
{
  NbdLane *best = &pool->lanes[0];
  for (guint i = 1; i < pool->n_lanes; i++)
    if (pool->lanes[i].in_flight < best->in_flight)
      best = &pool->lanes[i];
  return best;
}

static nbd_completion_callback
new_request (NbdPool *pool, NbdDone done, gpointer user, NbdLane **lane)
{
  Request *request = g_new (Request, 1);
  *lane = idlest_lane (pool);
  *request = (Request){.lane = *lane, .done = done, .user = user};
  (*lane)->in_flight++;
  return (nbd_completion_callback){.callback = request_done, .user_data = request, .free = g_free};
}

static gboolean
sent (NbdPool *pool, NbdLane *lane, int64_t cookie, GError **error)
{
  if (cookie >= 0)
    return TRUE;
  lane->in_flight--;
  return lost_connection (pool, error);
}

gboolean
nbd_pool_read (NbdPool *pool, void *data, guint64 offset, guint32 length, NbdDone done,
               gpointer user, GError **error)
{
  NbdLane *lane;
  nbd_completion_callback callback = new_request (pool, done, user, &lane);
  return sent (pool, lane, nbd_aio_pread (lane->handle, data, length, offset, callback, 0), error);
}

gboolean
nbd_pool_write (NbdPool *pool, const void *data, guint64 offset, guint32 length, NbdDone done,
                gpointer user, GError **error)
{
  NbdLane *lane;
  nbd_completion_callback callback = new_request (pool, done, user, &lane);
  return sent (pool, lane, nbd_aio_pwrite (lane->handle, data, length, offset, callback, 0), error);
}

gboolean
nbd_pool_zero (NbdPool *pool, guint64 offset, guint32 length, NbdDone done, gpointer user,
               GError **error)
{
  NbdLane *lane;
  nbd_completion_callback callback = new_request (pool, done, user, &lane);
  return sent (pool, lane, nbd_aio_zero (lane->handle, length, offset, callback, 0), error);
}

gboolean
nbd_pool_flush (NbdPool *pool, NbdDone done, gpointer user, GError **error)
{
  NbdLane *lane;
  nbd_completion_callback callback = new_request (pool, done, user, &lane);
  return sent (pool, lane, nbd_aio_flush (lane->handle, callback, 0), error);
}

static gboolean
notify_lane (NbdPool *pool, NbdLane *lane, short events, GError **error)
{
  unsigned direction = nbd_aio_get_direction (lane->handle);
  int r = 0;
  if ((events & (POLLIN | POLLHUP | POLLERR)) && (direction & LIBNBD_AIO_DIRECTION_READ))
    r = nbd_aio_notify_read (lane->handle);
  else if ((events & (POLLOUT | POLLHUP | POLLERR)) && (direction & LIBNBD_AIO_DIRECTION_WRITE))
    r = nbd_aio_notify_write (lane->handle);
  if (r < 0 || nbd_aio_is_dead (lane->handle) > 0 || nbd_aio_is_closed (lane->handle) > 0)
    return lost_connection (pool, error);
  return TRUE;
}

gboolean
nbd_pool_poll (NbdPool *const *pools, guint count, guint timeout_ms, GCancellable *cancel,
               GError **error)
{
  return nbd_pool_poll_with (pools, count, NULL, 0, timeout_ms, cancel, error);
}

gboolean
nbd_pool_poll_with (NbdPool *const *pools, guint count, const NbdWatch *watches, guint n_watches,
                    guint timeout_ms, GCancellable *cancel, GError **error)
{
  struct pollfd fds[NBD_POLL_MAX];
  guint n = 0;
  for (guint i = 0; i < n_watches; i++) {
    if (watches[i].send && !watches[i].send (watches[i].data, error))
      return FALSE;
    fds[n++] = (struct pollfd){.fd = watches[i].fd, .events = POLLIN};
  }
  for (guint p = 0; p < count; p++)
    for (guint i = 0; pools[p] && i < pools[p]->n_lanes; i++) {
      struct nbd_handle *handle = pools[p]->lanes[i].handle;
      unsigned direction = nbd_aio_get_direction (handle);
      g_assert (n < NBD_POLL_MAX - 1);
      fds[n++] = (struct pollfd){
          .fd = nbd_aio_get_fd (handle),
          .events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                            (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0)),
      };
    }
  GPollFD cancel_fd = {.fd = -1};
  gboolean watched = g_cancellable_make_pollfd (cancel, &cancel_fd);
  fds[n] = (struct pollfd){.fd = cancel_fd.fd, .events = POLLIN};
  int ready = poll (fds, n + 1, (int)timeout_ms);
  if (watched)
    g_cancellable_release_fd (cancel);
  if (cancelled (cancel, error))
    return FALSE;
  if (ready < 0 && errno != EINTR)
    g_error ("poll: %s", g_strerror (errno));
  if (ready <= 0)
    return TRUE;

  for (n = 0; n < n_watches; n++)
    if (fds[n].revents && !watches[n].ready (watches[n].data, error))
      return FALSE;
  for (guint p = 0; p < count; p++)
    for (guint i = 0; pools[p] && i < pools[p]->n_lanes; i++, n++)
      if (fds[n].revents && !notify_lane (pools[p], &pools[p]->lanes[i], fds[n].revents, error))
        return FALSE;
  return TRUE;
}

typedef struct {
  gboolean done;
  int errnum;
} Waiter;

static void
waiter_done (gpointer data, int errnum)
{
  Waiter *waiter = data;
  waiter->done = TRUE;
  waiter->errnum = errnum;
}

gboolean
nbd_pool_flush_wait (NbdPool *pool, GCancellable *cancel, GError **error)
{
  Waiter waiter = {FALSE, 0};
  if (!nbd_pool_flush (pool, waiter_done, &waiter, error))
    return FALSE;
  while (!waiter.done)
    if (!nbd_pool_poll (&pool, 1, 1000, cancel, error))
      return FALSE;
  if (waiter.errnum == 0)
    return TRUE;
  g_autofree char *failed = g_strdup_printf (N_ ("Flushing %s failed"), pool->what);
  nbd_pool_write_error (failed, waiter.errnum, error);
  return FALSE;
}

void
nbd_pool_write_error (const char *failed, int errnum, GError **error)
{
  if (errnum == ENOSPC || errnum == EDQUOT)
    p2v_set_error (error, P2V_ERROR_SPACE,
                   "Make room on the target's storage or choose another with p2v.os=, then "
                   "convert again.",
                   "%s: no space is left on the storage.", failed);
  else
    p2v_set_error (error, P2V_ERROR_IO,
                   "Check the target's storage (kernel log of the conversion server).", "%s: %s.",
                   failed, g_strerror (errnum));
}
