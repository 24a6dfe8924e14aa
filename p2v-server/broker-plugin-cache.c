/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker-plugin.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_BYTES 65536u

struct Cache {
  int fd, map_fd, sums_fd, looks_fd;
  guint64 size;
  guint8 *held; /* one bit per unit: a byte each, as in the file, would be 256 MiB for 16 TiB */
  guint64 bytes;
};

static int
write_all (int fd, const void *data, gsize length, guint64 offset)
{
  const guint8 *p = data;
  while (length > 0) {
    ssize_t n = pwrite (fd, p, length, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno;
    p += n;
    offset += (guint64)n;
    length -= (gsize)n;
  }
  return 0;
}

static int
read_all (int fd, void *data, gsize length, guint64 offset)
{
  guint8 *p = data;
  while (length > 0) {
    ssize_t n = pread (fd, p, length, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : EIO;
    p += n;
    offset += (guint64)n;
    length -= (gsize)n;
  }
  return 0;
}

static guint32
unit_length (const Cache *cache, guint64 unit)
{
  return (guint32)MIN (P2V_UNIT, cache->size - unit * P2V_UNIT);
}

static int
open_sized (const char *path, guint64 size)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0 && ftruncate (fd, (off_t)size) != 0) {
    int saved = errno;
    close (fd);
    errno = saved;
    return -1;
  }
  return fd;
}

/* An earlier broker of this disk may have left something. */
static int
load_map (Cache *cache, guint64 units)
{
  guint8 buffer[LOAD_BYTES];
  for (guint64 first = 0; first < units; first += sizeof buffer) {
    guint64 n = MIN (sizeof buffer, units - first);
    int result = read_all (cache->map_fd, buffer, n, first);
    if (result)
      return result;
    for (guint64 i = 0; i < n; i++)
      if (buffer[i] == 1)
        cache_mark (cache, first + i);
  }
  return 0;
}

Cache *
cache_open (const char *path, const char *map_path, guint64 size)
{
  guint64 units = size / P2V_UNIT + (size % P2V_UNIT != 0);
  Cache *cache = g_new0 (Cache, 1);
  cache->size = size;
  cache->held = g_malloc0 (units / 8 + 1);
  cache->map_fd = cache->sums_fd = cache->looks_fd = -1;
  g_autofree char *sums_path = g_strconcat (map_path, ".sums", NULL);
  g_autofree char *looks_path = g_strconcat (map_path, ".looks", NULL);
  cache->fd = open_sized (path, size);
  if (cache->fd >= 0)
    cache->map_fd = open_sized (map_path, units);
  if (cache->map_fd >= 0)
    cache->sums_fd = open_sized (sums_path, units * P2V_DIGEST_SIZE);
  if (cache->sums_fd >= 0)
    cache->looks_fd = open (looks_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int result = cache->looks_fd < 0 ? errno : load_map (cache, units);
  if (result == 0)
    return cache;
  cache_close (cache);
  errno = result;
  return NULL;
}

void
cache_close (Cache *cache)
{
  if (!cache)
    return;
  const int fds[] = {cache->fd, cache->map_fd, cache->sums_fd, cache->looks_fd};
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      close (fds[i]);
  g_free (cache->held);
  g_free (cache);
}

guint64
cache_size (const Cache *cache)
{
  return cache->size;
}

gboolean
cache_holds (const Cache *cache, guint64 unit)
{
  return (cache->held[unit / 8] >> (unit % 8)) & 1;
}

int
cache_store (Cache *cache, guint64 offset, const void *data, guint32 length)
{
  static const guint8 one = 1;
  guint8 digest[P2V_DIGEST_SIZE];
  guint64 unit = offset / P2V_UNIT;
  p2v_digest (data, length, digest);
  int result = write_all (cache->fd, data, length, offset);
  if (result == 0)
    result = write_all (cache->sums_fd, digest, sizeof digest, unit * P2V_DIGEST_SIZE);
  return result ? result : write_all (cache->map_fd, &one, 1, unit);
}

int
cache_note_look (Cache *cache, guint64 offset, const void *data, guint32 length)
{
  P2vDigestRecord record = {.offset = offset, .length = length};
  guint8 packed[P2V_DIGEST_RECORD_SIZE];
  p2v_digest (data, length, record.digest);
  p2v_digest_record_pack (&record, packed);
  /* One write: records of several channels do not mix. */
  gssize n = write (cache->looks_fd, packed, sizeof packed);
  return n == (gssize)sizeof packed ? 0 : n < 0 ? errno : ENOSPC;
}

void
cache_mark (Cache *cache, guint64 unit)
{
  if (cache_holds (cache, unit))
    return;
  cache->held[unit / 8] |= (guint8)(1u << (unit % 8));
  cache->bytes += unit_length (cache, unit);
}

void
cache_drop (Cache *cache, guint64 unit)
{
  static const guint8 zero = 0;
  if (!cache_holds (cache, unit))
    return;
  cache->held[unit / 8] &= (guint8) ~(1u << (unit % 8));
  cache->bytes -= unit_length (cache, unit);
  /* A map that keeps the byte is no harm: the digest does not fit. */
  (void)write_all (cache->map_fd, &zero, 1, unit);
}

guint64
cache_bytes (const Cache *cache)
{
  return cache->bytes;
}

int
cache_read (const Cache *cache, void *data, guint64 offset, guint32 length)
{
  guint64 unit = offset / P2V_UNIT;
  guint32 whole = unit_length (cache, unit);
  g_autofree guint8 *spare = length == whole ? NULL : g_malloc (whole);
  guint8 *bytes = spare ? spare : data;
  guint8 expected[P2V_DIGEST_SIZE], found[P2V_DIGEST_SIZE];
  int result = read_all (cache->fd, bytes, whole, unit * P2V_UNIT);
  if (result == 0)
    result = read_all (cache->sums_fd, expected, sizeof expected, unit * P2V_DIGEST_SIZE);
  if (result)
    return result;
  p2v_digest (bytes, whole, found);
  if (memcmp (expected, found, sizeof found) != 0)
    return EBADMSG;
  if (spare)
    memcpy (data, spare + offset % P2V_UNIT, length);
  return 0;
}
