/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "badblocks.h"
#include <stdio.h>
#include "badblocks-files.h"
#include "ranges.h"
#include "size.h"

/* Places that the report names for a disk, each with a file. */
#define PLACES_MAX 50

/* A line of the broker's list is "OFFSET LENGTH". */
static GArray *
read_list (const JobDisk *disk)
{
  GArray *places = ranges_new ();
  g_autofree char *text = NULL;
  if (!g_file_get_contents (disk->bad, &text, NULL, NULL))
    return places;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    guint64 offset, length;
    if (sscanf (lines[i], "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &offset, &length) == 2)
      ranges_add (places, offset, length);
  }
  ranges_merge (places);
  return places;
}

/* GUEST and BLOCKS may be NULL. */
static void
report_disk (Job *job, Guest *guest, const Blocks *blocks, const JobDisk *disk,
             const GArray *places)
{
  g_autofree char *all = size_text (ranges_bytes (places));
  report_warning (job->report,
                  "Disk %u (%s): %s in %u places could not be read; the guest has zeroes there.  "
                  "Restore what these belonged to from a backup.",
                  disk->index, disk->source->device, all, places->len);
  for (guint i = 0; i < places->len && i < PLACES_MAX; i++) {
    const Range *place = &g_array_index (places, Range, i);
    g_autofree char *text = range_text (place);
    g_autofree char *where =
        guest ? badblocks_place (guest, blocks, disk->index, place->offset) : NULL;
    report_warning (job->report, "Disk %u (%s), not readable: %s%s%s.", disk->index,
                    disk->source->device, text, where ? ": " : "", where ? where : "");
  }
}

void
badblocks_report (Job *job)
{
  gboolean any = FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    any |= g_file_test (disk->bad, G_FILE_TEST_EXISTS);
  }
  if (!any)
    return;
  g_autoptr (GError) error = NULL;
  job_log (job, P2V_LOG_INFO, "Finding out which files the unreadable places belong to");
  const JobDisk *first = g_ptr_array_index (job->disks, 0);
  Guest *guest = first->broker ? guest_open (job, &error) : NULL;
  g_autoptr (Blocks) blocks = guest ? layers_load (guest) : NULL;
  if (error)
    p2v_warning ("%s", error->message);
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autoptr (GArray) places = read_list (disk);
    if (places->len > 0)
      report_disk (job, guest, blocks, disk, places);
  }
  guest_abandon (guest);
}
