/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raw-file.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "common/error.h"
#include "common/unit.h"

/* Requests that wait for the storage at the same time. */
#define THREADS 4

/* Of memory, offset and length: what O_DIRECT wants at most (open(2)); a page of the cache
 * is written by one of the two ways only. */
#define ALIGNMENT 4096u

/* Smaller ones are left to the page cache, which makes large ones of them. */
#define DIRECT_MIN P2V_UNIT

struct RawFile {
  int fd;
  int direct_fd;   /* -1: the file system has no direct writes */
  gboolean sparse; /* zeroes may become holes */
  GThreadPool *threads;
  GAsyncQueue *ended; /* Work * */
  int wake_fd;        /* eventfd: something is in ENDED */
};

typedef struct {
  gboolean flush; /* or a write */
  const guint8 *data;
  guint64 offset;
  guint32 length;
  NbdDone done;
  gpointer user;
  int errnum;
} Work;

static int
write_all (int fd, const guint8 *p, gsize length, guint64 offset)
{
  while (length > 0) {
    ssize_t n = pwrite (fd, p, length, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : ENOSPC;
    p += n;
    offset += (guint64)n;
    length -= (gsize)n;
  }
  return 0;
}

static int
write_direct (const RawFile *raw, const Work *work)
{
  int errnum = write_all (raw->direct_fd, work->data, work->length, work->offset);
  /* A storage with larger blocks than ours, or a short write in the middle of one. */
  return errnum == EINVAL ? write_all (raw->fd, work->data, work->length, work->offset) : errnum;
}

static void
do_work (gpointer data, gpointer user_data)
{
  Work *work = data;
  RawFile *raw = user_data;
  guint64 one = 1;
  if (work->flush)
    work->errnum = fdatasync (raw->fd) == 0 ? 0 : errno;
  else
    work->errnum = write_direct (raw, work);
  g_async_queue_push (raw->ended, work);
  (void)!write (raw->wake_fd, &one, sizeof one);
}

RawFile *
raw_file_open (const char *file, gboolean sparse, GError **error)
{
  RawFile *raw = g_new0 (RawFile, 1);
  raw->sparse = sparse;
  raw->ended = g_async_queue_new_full (g_free);
  raw->fd = open (file, O_WRONLY | O_CLOEXEC);
  raw->direct_fd = open (file, O_WRONLY | O_DIRECT | O_CLOEXEC);
  raw->wake_fd = raw->fd < 0 ? -1 : eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (raw->wake_fd < 0) {
    p2v_set_error (error, P2V_ERROR_IO, "Check the target's storage.", "%s cannot be written: %s.",
                   file, g_strerror (errno));
    g_clear_pointer (&raw, raw_file_free);
    return NULL;
  }
  raw->threads = g_thread_pool_new (do_work, raw, THREADS, FALSE, NULL);
  return raw;
}

void
raw_file_free (RawFile *raw)
{
  if (!raw)
    return;
  if (raw->threads)
    g_thread_pool_free (raw->threads, FALSE, TRUE);
  g_async_queue_unref (raw->ended);
  if (raw->wake_fd >= 0)
    close (raw->wake_fd);
  if (raw->direct_fd >= 0)
    close (raw->direct_fd);
  if (raw->fd >= 0)
    close (raw->fd);
  g_free (raw);
}

static gboolean
tell_of_ended (gpointer data, GError **error G_GNUC_UNUSED)
{
  RawFile *raw = data;
  guint64 count;
  (void)!read (raw->wake_fd, &count, sizeof count);
  Work *work;
  while ((work = g_async_queue_try_pop (raw->ended))) {
    work->done (work->user, work->errnum);
    g_free (work);
  }
  return TRUE;
}

void
raw_file_watch (RawFile *raw, NbdWatch *watch)
{
  *watch = (NbdWatch){.fd = raw->wake_fd, .ready = tell_of_ended, .data = raw};
}

static void
hand_over (RawFile *raw, const Work *work)
{
  g_thread_pool_push (raw->threads, g_memdup2 (work, sizeof *work), NULL);
}

static gboolean
suits_direct (const RawFile *raw, const void *data, guint64 offset, guint32 length)
{
  return raw->direct_fd >= 0 && length >= DIRECT_MIN &&
         ((uintptr_t)data | offset | length) % ALIGNMENT == 0;
}

void
raw_file_write (RawFile *raw, const void *data, guint64 offset, guint32 length, NbdDone done,
                gpointer user)
{
  if (suits_direct (raw, data, offset, length))
    hand_over (raw, &(Work){FALSE, data, offset, length, done, user, 0});
  else
    done (user, write_all (raw->fd, data, length, offset));
}

/* A file system without holes gets zeroes, and so does a place that is to stay reserved. */
static int
write_zeroes (const RawFile *raw, guint64 offset, guint32 length)
{
  int mode = FALLOC_FL_KEEP_SIZE | (raw->sparse ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
  if (fallocate (raw->fd, mode, (off_t)offset, length) == 0)
    return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS)
    return errno;
  g_autofree guint8 *zeroes = g_malloc0 (length);
  return write_all (raw->fd, zeroes, length, offset);
}

void
raw_file_zero (RawFile *raw, guint64 offset, guint32 length, NbdDone done, gpointer user)
{
  done (user, write_zeroes (raw, offset, length));
}

void
raw_file_flush (RawFile *raw, NbdDone done, gpointer user)
{
  hand_over (raw, &(Work){.flush = TRUE, .done = done, .user = user});
}
