/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one door to libnbd: several connections to one export of an NBD server on
 * a unix socket, and requests that run at the same time.  One thread uses a
 * pool; answers arrive only inside nbd_pool_poll.  After any function has
 * failed, all that is left to do with the pool is to free it. */
#pragma once
#include <gio/gio.h>

typedef struct NbdPool NbdPool;

/* A request ended; ERRNUM is 0 or the errno of the failure.  Called from
 * nbd_pool_poll and must not send requests itself. */
typedef void (*NbdDone) (gpointer data, int errnum);

/* One extent of a map.  FLAGS are those of base:allocation, DEPTH that of
 * qemu:allocation-depth (0 when the server does not offer it). */
typedef struct {
  guint64 offset, length;
  gboolean hole, zero;
  guint32 depth;
} NbdExtent;
typedef gboolean (*NbdExtentFunc) (const NbdExtent *extent, gpointer data, GError **error);

/* Connects CONNECTIONS times.  WHAT names the server in error messages, for
 * instance "the broker of disk 0".  P2V_ERROR_IO, P2V_ERROR_CANCELLED. */
NbdPool *nbd_pool_open (const char *socket, const char *export, guint connections, const char *what,
                        GCancellable *cancel, GError **error);

/* Nothing more will be asked, and no answer is wanted.  The wait of nbd_pool_free begins
 * here, so that several pools wait at the same time.  NULL is ignored. */
void nbd_pool_hang_up (NbdPool *pool);

/* Closes; waits for pending requests no longer than a second.  Their buffers may
 * be freed afterwards, their NbdDone is never called.  NULL is ignored. */
void nbd_pool_free (NbdPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NbdPool, nbd_pool_free)

/* Size of the export in bytes. */
guint64 nbd_pool_size (NbdPool *pool);
const char *nbd_pool_what (NbdPool *pool);

/* Queue one request on the connection with the fewest.  Buffers stay the
 * caller's and must live until DONE or nbd_pool_free.  FALSE with P2V_ERROR_IO
 * when the connection is lost. */
gboolean nbd_pool_read (NbdPool *pool, void *data, guint64 offset, guint32 length, NbdDone done,
                        gpointer user, GError **error);
gboolean nbd_pool_write (NbdPool *pool, const void *data, guint64 offset, guint32 length,
                         NbdDone done, gpointer user, GError **error);
/* Makes a range read as zeroes, as a hole where the storage can. */
gboolean nbd_pool_zero (NbdPool *pool, guint64 offset, guint32 length, NbdDone done, gpointer user,
                        GError **error);
/* Everything written before this call and answered is on stable storage once
 * DONE is called without an error. */
gboolean nbd_pool_flush (NbdPool *pool, NbdDone done, gpointer user, GError **error);

/* Something else that is waited for together with pools. */
typedef struct {
  int fd;
  /* Before waiting: what was put off is sent now, all at once.  May be NULL. */
  gboolean (*send) (gpointer data, GError **error);
  /* FD can be read. */
  gboolean (*ready) (gpointer data, GError **error);
  gpointer data;
} NbdWatch;

/* Waits until anything happens on the COUNT pools (NULL entries are skipped),
 * at most TIMEOUT_MS, and calls the NbdDone of what ended.  FALSE with
 * P2V_ERROR_CANCELLED or, when a connection is lost, P2V_ERROR_IO. */
gboolean nbd_pool_poll (NbdPool *const *pools, guint count, guint timeout_ms, GCancellable *cancel,
                        GError **error);
gboolean nbd_pool_poll_with (NbdPool *const *pools, guint count, const NbdWatch *watches,
                             guint n_watches, guint timeout_ms, GCancellable *cancel,
                             GError **error);

/* Flushes and waits for it.  P2V_ERROR_SPACE or P2V_ERROR_IO. */
gboolean nbd_pool_flush_wait (NbdPool *pool, GCancellable *cancel, GError **error);

/* Calls FUNC for the extents of the whole export in their order. */
gboolean nbd_pool_map (NbdPool *pool, NbdExtentFunc func, gpointer data, GCancellable *cancel,
                       GError **error);

/* Turns the errno of a write or a flush into P2V_ERROR_SPACE or P2V_ERROR_IO; FAILED says which,
 * "Flushing /srv/a failed". */
void nbd_pool_write_error (const char *failed, int errnum, GError **error);
