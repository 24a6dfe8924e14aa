/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest-reader.h"
#include "common/error.h"
#include "common/unit.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK (2048u * P2V_DIGEST_RECORD_SIZE)

/* Records are in no hurry, and to wake up for each costs more than to digest its unit.  Well
 * below what a socket holds: some hundred reads. */
#define LINGER_MS 10

typedef struct {
  char *path;
  int listener;
  int fd;
  guint have; /* bytes of a record that is not whole yet */
  guint8 data[CHUNK];
  _Atomic guint64 bytes;
} Source;

struct DigestReader {
  ExportDigests callback;
  gpointer data;
  guint n_sources;
  Source *sources;
  GThread *thread;
  int wake; /* eventfd: something below has changed */
  GMutex lock;
  GCond flushed;
  guint64 flushes_wanted, flushes_done;
  gboolean stop;
};

static int
listen_at (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen (path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy (address.sun_path, path, strlen (path) + 1);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 &&
      (bind (fd, (struct sockaddr *)&address, sizeof address) != 0 || listen (fd, 1) != 0)) {
    int why = errno;
    close (fd);
    errno = why;
    fd = -1;
  }
  return fd;
}

DigestReader *
digest_reader_new (const char *dir, guint n_disks, ExportDigests callback, gpointer data,
                   GError **error)
{
  DigestReader *reader = g_new0 (DigestReader, 1);
  reader->callback = callback;
  reader->data = data;
  reader->n_sources = n_disks;
  reader->sources = g_new0 (Source, n_disks);
  reader->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_mutex_init (&reader->lock);
  g_cond_init (&reader->flushed);
  for (guint i = 0; i < n_disks; i++)
    reader->sources[i].listener = reader->sources[i].fd = -1;
  for (guint i = 0; i < n_disks; i++) {
    g_autofree char *name = g_strdup_printf ("d%u.digests", i);
    Source *source = &reader->sources[i];
    source->path = g_build_filename (dir, name, NULL);
    source->listener = listen_at (source->path);
    if (source->listener < 0) {
      p2v_set_error (error, P2V_ERROR_IO, "Choose a folder with a shorter name by TMPDIR.",
                     "The socket %s cannot be made: %s.", source->path, g_strerror (errno));
      digest_reader_free (reader);
      return NULL;
    }
  }
  return reader;
}

const char *
digest_reader_path (DigestReader *reader, guint disk)
{
  return reader->sources[disk].path;
}

gboolean
digest_reader_accept (DigestReader *reader, guint disk, int timeout_ms, GError **error)
{
  Source *source = &reader->sources[disk];
  struct pollfd pollfd = {.fd = source->listener, .events = POLLIN};
  if (poll (&pollfd, 1, timeout_ms) > 0)
    source->fd = accept4 (source->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  close (source->listener);
  source->listener = -1;
  (void)g_unlink (source->path);
  if (source->fd < 0)
    p2v_set_error (error, P2V_ERROR_IO, NULL, "The digest filter of disk %u did not connect.",
                   disk + 1);
  return source->fd >= 0;
}

/* Reads until the socket is empty. */
static void
drain (DigestReader *reader, guint disk)
{
  Source *source = &reader->sources[disk];
  while (source->fd >= 0) {
    ssize_t n = recv (source->fd, source->data + source->have, CHUNK - source->have, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0) { /* nbdkit has ended */
      close (source->fd);
      source->fd = -1;
      return;
    }
    guint have = source->have + (guint)n;
    guint whole = have - have % P2V_DIGEST_RECORD_SIZE;
    guint64 bytes = 0;
    for (guint at = 0; at < whole; at += P2V_DIGEST_RECORD_SIZE) {
      P2vDigestRecord record;
      p2v_digest_record_unpack (source->data + at, &record);
      bytes += record.length;
    }
    if (whole)
      reader->callback (disk, source->data, whole, reader->data);
    atomic_fetch_add (&source->bytes, bytes);
    source->have = have - whole;
    memmove (source->data, source->data + whole, source->have);
  }
}

static gpointer
read_records (gpointer data)
{
  DigestReader *reader = data;
  g_autofree struct pollfd *pollfds = g_new0 (struct pollfd, reader->n_sources + 1);
  for (;;) {
    g_mutex_lock (&reader->lock);
    guint64 wanted = reader->flushes_wanted;
    gboolean stop = reader->stop;
    g_mutex_unlock (&reader->lock);

    for (guint i = 0; i < reader->n_sources; i++)
      drain (reader, i);

    g_mutex_lock (&reader->lock);
    reader->flushes_done = wanted;
    g_cond_broadcast (&reader->flushed);
    g_mutex_unlock (&reader->lock);
    if (stop)
      return NULL;

    for (guint i = 0; i < reader->n_sources; i++)
      pollfds[i] = (struct pollfd){.fd = reader->sources[i].fd, .events = POLLIN};
    pollfds[reader->n_sources] = (struct pollfd){.fd = reader->wake, .events = POLLIN};
    struct pollfd *woken = &pollfds[reader->n_sources];
    if (poll (pollfds, reader->n_sources + 1, -1) > 0 && !woken->revents)
      (void)poll (woken, 1, LINGER_MS);
    guint64 count;
    if (woken->revents)
      (void)!read (reader->wake, &count, sizeof count);
  }
}

void
digest_reader_start (DigestReader *reader)
{
  reader->thread = g_thread_new ("digests", read_records, reader);
}

guint64
digest_reader_bytes (DigestReader *reader, guint disk)
{
  return atomic_load (&reader->sources[disk].bytes);
}

static void
wake (DigestReader *reader)
{
  guint64 one = 1;
  (void)!write (reader->wake, &one, sizeof one);
}

void
digest_reader_flush (DigestReader *reader)
{
  g_mutex_lock (&reader->lock);
  guint64 mine = ++reader->flushes_wanted;
  wake (reader);
  while (reader->flushes_done < mine)
    g_cond_wait (&reader->flushed, &reader->lock);
  g_mutex_unlock (&reader->lock);
}

void
digest_reader_free (DigestReader *reader)
{
  if (!reader)
    return;
  if (reader->thread) {
    g_mutex_lock (&reader->lock);
    reader->stop = TRUE;
    g_mutex_unlock (&reader->lock);
    wake (reader);
    g_thread_join (reader->thread);
  }
  for (guint i = 0; i < reader->n_sources; i++) {
    Source *source = &reader->sources[i];
    if (source->listener >= 0)
      close (source->listener);
    if (source->fd >= 0)
      close (source->fd);
    if (source->path)
      (void)g_unlink (source->path);
    g_free (source->path);
  }
  close (reader->wake);
  g_mutex_clear (&reader->lock);
  g_cond_clear (&reader->flushed);
  g_free (reader->sources);
  g_free (reader);
}
