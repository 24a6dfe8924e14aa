/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arrival.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static gboolean
changed_on_its_way (const JobDisk *disk, guint64 offset, guint64 count, GError **error)
{
  p2v_set_error (error, P2V_ERROR_VERIFY,
                 "Convert the machine again. If it happens again, check the memory of both "
                 "machines; the physical machine's disks are unchanged.",
                 "Disk %u (%s): what the conversion read at byte %" G_GUINT64_FORMAT
                 " was changed on its way from the physical machine (places: %" G_GUINT64_FORMAT
                 "), so its result cannot be trusted.",
                 disk->index, disk->source->device, offset, count);
  return FALSE;
}

typedef struct {
  const JobDisk *disk;
  const Digests *digests;
  int cache, sums;
  guint8 *unit;           /* a buffer */
  guint64 changed, first; /* how many places, and the first of them */
} Arrival;

/* A unit that is held and whose digest fits what the cache holds, but not what the
 * client read.
 * Where the cache does not fit its own digest it has been damaged since, and the
 * broker gives that to nobody. */
static gboolean
unit_changed (const Arrival *arrival, guint64 unit)
{
  guint64 start = unit * P2V_UNIT;
  if (start >= arrival->disk->source->size)
    return FALSE;
  gsize length = MIN (P2V_UNIT, arrival->disk->source->size - start);
  guint8 arrived[P2V_DIGEST_SIZE], read_there[P2V_DIGEST_SIZE], kept[P2V_DIGEST_SIZE];
  if (!digests_lookup_unit (arrival->digests, start, read_there) ||
      pread (arrival->sums, arrived, sizeof arrived, (off_t)(unit * sizeof arrived)) !=
          sizeof arrived ||
      memcmp (arrived, read_there, sizeof arrived) == 0 ||
      pread (arrival->cache, arrival->unit, length, (off_t)start) != (gssize)length)
    return FALSE;
  p2v_digest (arrival->unit, length, kept);
  return memcmp (arrived, kept, sizeof kept) == 0;
}

/* The same for what was only looked at. */
static gboolean
look_changed (const Digests *digests, const guint8 *packed, P2vDigestRecord *look)
{
  guint8 read_there[P2V_DIGEST_SIZE];
  p2v_digest_record_unpack (packed, look);
  return digests_lookup (digests, look->offset, look->length, read_there) &&
         memcmp (look->digest, read_there, sizeof read_there) != 0;
}

static void
add_place (Job *job, Arrival *arrival, guint64 offset)
{
  const JobDisk *disk = arrival->disk;
  arrival->first = arrival->changed++ ? MIN (arrival->first, offset) : offset;
  job_log (job, P2V_LOG_WARNING,
           "Disk %u (%s): what arrived of byte %" G_GUINT64_FORMAT
           " is not what the physical machine read.",
           disk->index, disk->source->device, offset);
}

/* The map is a byte for each unit of the disk: mapped, for it may be large. */
static void
check_units (Job *job, Arrival *arrival)
{
  g_autoptr (GMappedFile) map = g_mapped_file_new (arrival->disk->cache_map, FALSE, NULL);
  const char *held = map ? g_mapped_file_get_contents (map) : NULL;
  gsize units = held ? g_mapped_file_get_length (map) : 0;
  for (gsize unit = 0; unit < units; unit++)
    if (held[unit] == 1 && unit_changed (arrival, unit))
      add_place (job, arrival, unit * P2V_UNIT);
}

static void
check_looks (Job *job, Arrival *arrival, const char *path)
{
  g_autofree char *looks = NULL;
  gsize length = 0;
  if (!g_file_get_contents (path, &looks, &length, NULL))
    return;
  for (gsize at = 0; at + P2V_DIGEST_RECORD_SIZE <= length; at += P2V_DIGEST_RECORD_SIZE) {
    P2vDigestRecord look;
    if (look_changed (arrival->digests, (const guint8 *)looks + at, &look))
      add_place (job, arrival, look.offset);
  }
}

gboolean
arrival_check (Job *job, const JobDisk *disk, const Digests *digests, GError **error)
{
  g_autofree char *sums = g_strconcat (disk->cache_map, ".sums", NULL);
  g_autofree char *looks = g_strconcat (disk->cache_map, ".looks", NULL);
  g_autofree guint8 *unit = g_malloc (P2V_UNIT);
  Arrival arrival = {
      .disk = disk,
      .digests = digests,
      .cache = open (disk->cache, O_RDONLY | O_CLOEXEC),
      .sums = open (sums, O_RDONLY | O_CLOEXEC),
      .unit = unit,
  };
  if (arrival.cache >= 0 && arrival.sums >= 0)
    check_units (job, &arrival);
  check_looks (job, &arrival, looks);
  if (arrival.cache >= 0)
    close (arrival.cache);
  if (arrival.sums >= 0)
    close (arrival.sums);
  return arrival.changed == 0 || changed_on_its_way (disk, arrival.first, arrival.changed, error);
}
