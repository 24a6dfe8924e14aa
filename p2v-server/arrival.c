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
                 " was changed on its way from the physical machine (%" G_GUINT64_FORMAT
                 " of the units that it worked with), so its result cannot be trusted.",
                 disk->index, disk->source->device, offset, count);
  return FALSE;
}

typedef struct {
  const JobDisk *disk;
  const Digests *digests;
  int cache, map, sums;
  guint8 *unit; /* a buffer */
} Arrival;

/* A unit whose digest fits what the cache holds, but not what the client read.
 * Where the cache does not fit its own digest it has been damaged since, and the
 * broker gives that to nobody. */
static gboolean
unit_changed (const Arrival *arrival, guint64 unit)
{
  guint64 start = unit * P2V_UNIT;
  gsize length = MIN (P2V_UNIT, arrival->disk->source->size - start);
  guint8 held = 0, arrived[P2V_DIGEST_SIZE], read_there[P2V_DIGEST_SIZE], kept[P2V_DIGEST_SIZE];
  if (pread (arrival->map, &held, 1, (off_t)unit) != 1 || held != 1 ||
      !digests_lookup_unit (arrival->digests, start, read_there) ||
      pread (arrival->sums, arrived, sizeof arrived, (off_t)(unit * sizeof arrived)) !=
          sizeof arrived ||
      memcmp (arrived, read_there, sizeof arrived) == 0 ||
      pread (arrival->cache, arrival->unit, length, (off_t)start) != (gssize)length)
    return FALSE;
  p2v_digest (arrival->unit, length, kept);
  return memcmp (arrived, kept, sizeof kept) == 0;
}

static gboolean
check_units (Job *job, const Arrival *arrival, GError **error)
{
  const JobDisk *disk = arrival->disk;
  guint64 units = (disk->source->size + P2V_UNIT - 1) / P2V_UNIT, first = 0, changed = 0;
  for (guint64 unit = 0; unit < units; unit++) {
    if (!unit_changed (arrival, unit))
      continue;
    if (changed++ == 0)
      first = unit * P2V_UNIT;
    job_log (job, P2V_LOG_WARNING,
             "Disk %u (%s): what arrived of byte %" G_GUINT64_FORMAT
             " is not what the physical machine read.",
             disk->index, disk->source->device, unit * P2V_UNIT);
  }
  return changed == 0 || changed_on_its_way (disk, first, changed, error);
}

gboolean
arrival_check (Job *job, const JobDisk *disk, const Digests *digests, GError **error)
{
  g_autofree char *sums = g_strconcat (disk->cache_map, ".sums", NULL);
  g_autofree guint8 *unit = g_malloc (P2V_UNIT);
  Arrival arrival = {
      .disk = disk,
      .digests = digests,
      .cache = open (disk->cache, O_RDONLY | O_CLOEXEC),
      .map = open (disk->cache_map, O_RDONLY | O_CLOEXEC),
      .sums = open (sums, O_RDONLY | O_CLOEXEC),
      .unit = unit,
  };
  const int fds[] = {arrival.cache, arrival.map, arrival.sums};
  gboolean there = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    there &= fds[i] >= 0;
  gboolean ok = !there || check_units (job, &arrival, error);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      close (fds[i]);
  return ok;
}
