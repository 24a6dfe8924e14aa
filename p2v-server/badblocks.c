/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "badblocks.h"
#include <stdio.h>
#include <string.h>
#include "guest.h"
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

/* What debugfs answers to REQUEST about DEVICE: the word behind the first tab of its second
 * line (caller frees); NULL without one.  The request is made of numbers of ours, the device
 * is libguestfs's name. */
static char *
ask_debugfs (Guest *guest, const char *request, const char *device)
{
  g_autofree char *command = g_strdup_printf ("debugfs -R '%s' %s 2>/dev/null", request, device);
  char *argv[] = {command, NULL};
  g_autofree char *output = guestfs_debug (guest->g, "sh", argv);
  const char *line = output ? strchr (output, '\n') : NULL;
  const char *tab = line ? strchr (line, '\t') : NULL;
  return tab ? g_strndup (tab + 1, strcspn (tab + 1, "\n")) : NULL;
}

/* The file in the ext file system on DEVICE that has its byte AT (caller frees), or NULL. */
static char *
file_in_ext (Guest *guest, const char *device, guint64 at)
{
  g_auto (GStrv) facts = guestfs_tune2fs_l (guest->g, device);
  const char *size = facts ? guest_lookup (facts, "Block size") : NULL;
  guint64 block_size = size ? g_ascii_strtoull (size, NULL, 10) : 0;
  if (block_size == 0)
    return NULL;
  g_autofree char *icheck = g_strdup_printf ("icheck %" G_GUINT64_FORMAT, at / block_size);
  g_autofree char *inode = ask_debugfs (guest, icheck, device);
  if (!inode || !g_ascii_isdigit (*inode))
    return NULL;
  g_autofree char *ncheck =
      g_strdup_printf ("ncheck %" G_GUINT64_FORMAT, g_ascii_strtoull (inode, NULL, 10));
  g_autofree char *path = ask_debugfs (guest, ncheck, device);
  return path ? g_utf8_make_valid (path, -1) : NULL;
}

/* "partition 2, file /var/log/x", as far as it is known (caller frees). */
static char *
describe_place (Guest *guest, const JobDisk *disk, guint64 offset)
{
  const char *device = guest->devices[disk->index];
  struct guestfs_partition_list *parts = guestfs_part_list (guest->g, device);
  g_autofree char *name = parts ? NULL : g_strdup (device);
  g_autoptr (GString) words = g_string_new (NULL);
  guint64 at = offset;
  for (guint i = 0; parts && i < parts->len; i++) {
    const struct guestfs_partition *part = &parts->val[i];
    if (offset < part->part_start || offset > part->part_end)
      continue;
    name = g_strdup_printf ("%s%d", device, part->part_num);
    at = offset - part->part_start;
    g_string_append_printf (words, "partition %d", part->part_num);
  }
  guestfs_free_partition_list (parts);
  g_autofree char *type = name ? guestfs_vfs_type (guest->g, name) : NULL;
  g_autofree char *file =
      type && g_str_has_prefix (type, "ext") ? file_in_ext (guest, name, at) : NULL;
  if (file)
    g_string_append_printf (words, "%sfile %s", words->len ? ", " : "", file);
  return words->len ? g_string_free (g_steal_pointer (&words), FALSE) : NULL;
}

/* GUEST may be NULL. */
static void
report_disk (Job *job, Guest *guest, const JobDisk *disk, const GArray *places)
{
  g_autofree char *all = size_text (ranges_bytes (places));
  report_warning (job->report,
                  "Disk %u (%s): %s in %u places could not be read; the guest has zeroes there.  "
                  "Restore what these belonged to from a backup.",
                  disk->index, disk->source->device, all, places->len);
  for (guint i = 0; i < places->len && i < PLACES_MAX; i++) {
    const Range *place = &g_array_index (places, Range, i);
    g_autofree char *text = range_text (place);
    g_autofree char *where = guest ? describe_place (guest, disk, place->offset) : NULL;
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
  if (error)
    p2v_warning ("%s", error->message);
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autoptr (GArray) places = read_list (disk);
    if (places->len > 0)
      report_disk (job, guest, disk, places);
  }
  guest_abandon (guest);
}
