/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "held.h"
#include <fcntl.h>
#include <unistd.h>

/* The map is a byte for each unit of the disk: mapped, for it may be large. */
void
held_units (const JobDisk *disk, HeldFunc func, gpointer data)
{
  g_autoptr (GMappedFile) map = g_mapped_file_new (disk->cache_map, FALSE, NULL);
  const char *held = map ? g_mapped_file_get_contents (map) : NULL;
  gsize units = held ? g_mapped_file_get_length (map) : 0;
  g_autofree char *sums_path = g_strconcat (disk->cache_map, ".sums", NULL);
  int sums = open (sums_path, O_RDONLY | O_CLOEXEC);
  for (gsize unit = 0; unit < units; unit++) {
    guint64 start = unit * P2V_UNIT;
    if (held[unit] != 1 || start >= disk->source->size)
      continue;
    P2vDigestRecord record = {.offset = start,
                              .length = (guint32)MIN (P2V_UNIT, disk->source->size - start)};
    if (pread (sums, record.digest, sizeof record.digest, (off_t)(unit * sizeof record.digest)) ==
        sizeof record.digest)
      func (&record, data);
  }
  if (sums >= 0)
    close (sums);
}

void
held_looks (const JobDisk *disk, HeldFunc func, gpointer data)
{
  g_autofree char *path = g_strconcat (disk->cache_map, ".looks", NULL);
  g_autofree char *looks = NULL;
  gsize length = 0;
  if (!g_file_get_contents (path, &looks, &length, NULL))
    return;
  for (gsize at = 0; at + P2V_DIGEST_RECORD_SIZE <= length; at += P2V_DIGEST_RECORD_SIZE) {
    P2vDigestRecord look;
    p2v_digest_record_unpack ((const guint8 *)looks + at, &look);
    func (&look, data);
  }
}

void
held_forget (const JobDisk *disk, guint64 offset)
{
  static const char zero = 0;
  int fd = open (disk->cache_map, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || pwrite (fd, &zero, 1, (off_t)(offset / P2V_UNIT)) != 1)
    p2v_warning ("the cache of disk %u cannot be told to forget byte %" G_GUINT64_FORMAT,
                 disk->index, offset);
  if (fd >= 0)
    close (fd);
}
