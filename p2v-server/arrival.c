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

gboolean
arrival_check (Job *job, const JobDisk *disk, const Digests *digests, GError **error)
{
  g_autofree char *sums_path = g_strconcat (disk->cache_map, ".sums", NULL);
  int map = open (disk->cache_map, O_RDONLY | O_CLOEXEC);
  int sums = open (sums_path, O_RDONLY | O_CLOEXEC);
  guint64 units = (disk->source->size + P2V_UNIT - 1) / P2V_UNIT, first = 0, changed = 0;
  for (guint64 unit = 0; map >= 0 && sums >= 0 && unit < units; unit++) {
    guint8 held = 0, arrived[P2V_DIGEST_SIZE], read_there[P2V_DIGEST_SIZE];
    if (pread (map, &held, 1, (off_t)unit) != 1 || held != 1 ||
        !digests_lookup_unit (digests, unit * P2V_UNIT, read_there) ||
        pread (sums, arrived, sizeof arrived, (off_t)(unit * sizeof arrived)) != sizeof arrived ||
        memcmp (arrived, read_there, sizeof arrived) == 0)
      continue;
    if (changed++ == 0)
      first = unit * P2V_UNIT;
    job_log (job, P2V_LOG_WARNING,
             "Disk %u (%s): what arrived of byte %" G_GUINT64_FORMAT
             " is not what the physical machine read.",
             disk->index, disk->source->device, unit * P2V_UNIT);
  }
  if (map >= 0)
    close (map);
  if (sums >= 0)
    close (sums);
  return changed == 0 || changed_on_its_way (disk, first, changed, error);
}
