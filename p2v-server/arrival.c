/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arrival.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "held.h"

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
  Job *job;
  const JobDisk *disk;
  const Digests *digests;
  int cache;
  guint8 *unit;           /* a buffer */
  guint64 changed, first; /* how many places, and the first of them */
} Arrival;

static void
add_place (Arrival *arrival, guint64 offset)
{
  const JobDisk *disk = arrival->disk;
  arrival->first = arrival->changed++ ? MIN (arrival->first, offset) : offset;
  job_log (arrival->job, P2V_LOG_WARNING,
           "Disk %u (%s): what arrived of byte %" G_GUINT64_FORMAT
           " is not what the physical machine read.",
           disk->index, disk->source->device, offset);
}

/* A unit whose digest fits what the cache holds, but not what the client read.
 * Where the cache does not fit its own digest it has been damaged since, and the
 * broker gives that to nobody. */
static void
check_unit (const P2vDigestRecord *held, gpointer data)
{
  Arrival *arrival = data;
  guint8 read_there[P2V_DIGEST_SIZE], kept[P2V_DIGEST_SIZE];
  if (!digests_lookup_unit (arrival->digests, held->offset, read_there) ||
      memcmp (held->digest, read_there, sizeof read_there) == 0 ||
      pread (arrival->cache, arrival->unit, held->length, (off_t)held->offset) !=
          (gssize)held->length)
    return;
  p2v_digest (arrival->unit, held->length, kept);
  if (memcmp (held->digest, kept, sizeof kept) != 0)
    return;
  add_place (arrival, held->offset);
  held_forget (arrival->disk, held->offset);
}

static void
check_look (const P2vDigestRecord *look, gpointer data)
{
  Arrival *arrival = data;
  guint8 read_there[P2V_DIGEST_SIZE];
  if (digests_lookup (arrival->digests, look->offset, look->length, read_there) &&
      memcmp (look->digest, read_there, sizeof read_there) != 0)
    add_place (arrival, look->offset);
}

gboolean
arrival_check (Job *job, const JobDisk *disk, const Digests *digests, GError **error)
{
  g_autofree guint8 *unit = g_malloc (P2V_UNIT);
  Arrival arrival = {
      .job = job,
      .disk = disk,
      .digests = digests,
      .cache = open (disk->cache, O_RDONLY | O_CLOEXEC),
      .unit = unit,
  };
  if (arrival.cache >= 0)
    held_units (disk, check_unit, &arrival);
  held_looks (disk, check_look, &arrival);
  if (arrival.cache >= 0)
    close (arrival.cache);
  if (arrival.changed == 0)
    return TRUE;
  job->misled = TRUE;
  return changed_on_its_way (disk, arrival.first, arrival.changed, error);
}
