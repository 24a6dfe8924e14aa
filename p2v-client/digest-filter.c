/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nbdkit filter "p2vdigest": digests every unit that it serves, where the disk
 * is read, so that the conversion server can prove later that it holds the same.
 *
 * Parameter digest-socket=PATH: a unix stream socket that listens there gets the
 * packed records (common/unit.h), one record for each part of an aligned unit
 * that a read covers.  The records of a read are written before its data is
 * returned: whoever has seen the answer of a read finds its records in the
 * socket.  A read whose records cannot be delivered fails, and a failed read
 * leaves no record. */
#include "common/unit.h"
#include <errno.h>
#include <nbdkit-filter.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* nbdkit refuses requests above 64 MiB, a read touches at most one unit more
 * than it has whole ones; records are sent in batches of this many. */
#define BATCH 256u

static char *socket_path;
static int digest_fd = -1;
static pid_t started; /* where nbdkit stays in the foreground, its process for good */
static pthread_mutex_t digest_lock = PTHREAD_MUTEX_INITIALIZER;

static int
digest_config (nbdkit_next_config *next, nbdkit_backend *nxdata, const char *key, const char *value)
{
  if (strcmp (key, "digest-socket") != 0)
    return next (nxdata, key, value);
  free (socket_path);
  socket_path = nbdkit_absolute_path (value);
  return socket_path ? 0 : -1;
}

static int
digest_config_complete (nbdkit_next_config_complete *next, nbdkit_backend *nxdata)
{
  if (!socket_path) {
    nbdkit_error ("the parameter digest-socket=PATH is missing");
    return -1;
  }
  started = getpid ();
  return next (nxdata);
}

/* nbdkit makes a SIGTERM of the SIGKILL that p2v_process_spawn has asked for when the client
 * dies, and at that waits for reads, which a disk may not answer.  Of a client that has died
 * before this nothing listens there. */
static int
digest_after_fork (nbdkit_backend *backend G_GNUC_UNUSED)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (getpid () == started)
    (void)prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (strlen (socket_path) >= sizeof address.sun_path) {
    nbdkit_error ("%s: longer than a socket's path can be", socket_path);
    return -1;
  }
  memcpy (address.sun_path, socket_path, strlen (socket_path) + 1);
  digest_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (digest_fd < 0 || connect (digest_fd, (struct sockaddr *)&address, sizeof address) != 0) {
    nbdkit_error ("%s: %m", socket_path);
    return -1;
  }
  return 0;
}

static void
digest_unload (void)
{
  if (digest_fd >= 0)
    close (digest_fd);
  free (socket_path);
}

/* Whole batches only: a record is never torn by another thread's. */
static int
write_records (const guint8 *records, size_t length)
{
  int result = 0;
  pthread_mutex_lock (&digest_lock);
  while (length > 0) {
    ssize_t n = send (digest_fd, records, length, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      result = -1;
      break;
    }
    records += n;
    length -= (size_t)n;
  }
  pthread_mutex_unlock (&digest_lock);
  return result;
}

static int
digest_pread (nbdkit_next *next, void *handle G_GNUC_UNUSED, void *buf, uint32_t count,
              uint64_t offset, uint32_t flags, int *err)
{
  if (next->pread (next, buf, count, offset, flags, err) == -1)
    return -1;

  guint8 batch[BATCH * P2V_DIGEST_RECORD_SIZE];
  size_t used = 0;
  const guint8 *data = buf;
  while (count > 0) {
    uint32_t part = MIN (count, P2V_UNIT - (uint32_t)(offset % P2V_UNIT));
    P2vDigestRecord record = {.offset = offset, .length = part};
    p2v_digest (data, part, record.digest);
    p2v_digest_record_pack (&record, batch + used);
    used += P2V_DIGEST_RECORD_SIZE;
    data += part;
    offset += part;
    count -= part;
    if ((used == sizeof batch || count == 0) && write_records (batch, used) != 0) {
      nbdkit_error ("the digests of a read cannot be delivered: %m");
      *err = EIO;
      return -1;
    }
    if (used == sizeof batch)
      used = 0;
  }
  return 0;
}

/* A source is never written, whatever is below and however nbdkit was started. */
static int
digest_can_write (nbdkit_next *next G_GNUC_UNUSED, void *handle G_GNUC_UNUSED)
{
  return 0;
}

/* A cache request would read without a digest. */
static int
digest_can_cache (nbdkit_next *next G_GNUC_UNUSED, void *handle G_GNUC_UNUSED)
{
  return NBDKIT_CACHE_NONE;
}

static struct nbdkit_filter filter = {
    .name = "p2vdigest",
    .longname = "p2v digest filter",
    .description = "digests what it serves",
    .config = digest_config,
    .config_complete = digest_config_complete,
    .config_help = "digest-socket=PATH  where the digest records go (required)",
    .after_fork = digest_after_fork,
    .unload = digest_unload,
    .can_write = digest_can_write,
    .can_cache = digest_can_cache,
    .pread = digest_pread,
};

NBDKIT_REGISTER_FILTER (filter)
