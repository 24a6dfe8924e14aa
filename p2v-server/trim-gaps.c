/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Space that belongs to no partition.  The appliance has no call that
 * discards a part of a disk, so the ranges are found in it and discarded in
 * the overlay afterwards. */
#include <string.h>
#include "common/process.h"
#include "ranges.h"
#include "trim.h"

/* One discard of qemu-io takes at most 2 GiB less a sector. */
#define DISCARD_MOST (G_GUINT64_CONSTANT (1) << 30)

/* Arguments of one qemu-io. */
#define DISCARDS_AT_ONCE 1000

typedef struct {
  Guest *guest;
  const char *device;
} OpenDisk;

static gboolean
read_disk (void *buffer, guint64 offset, guint length, gpointer data)
{
  OpenDisk *disk = data;
  size_t size = 0;
  g_autofree char *bytes =
      guestfs_pread_device (disk->guest->g, disk->device, (int)length, (gint64)offset, &size);
  if (!bytes || size != length)
    return FALSE;
  memcpy (buffer, bytes, length);
  return TRUE;
}

/* Partition number PART in parted's list. */
static const struct guestfs_partition *
find_part (const struct guestfs_partition_list *parts, guint64 part)
{
  for (guint i = 0; parts && i < parts->len; i++)
    if (parts->val[i].part_num == (gint64)part)
      return &parts->val[i];
  return NULL;
}

static guint64
part_number (Guest *guest, guint index, const char *device)
{
  return g_ascii_strtoull (device + strlen (guest->devices[index]), NULL, 10);
}

/* Logical partitions are listed by themselves; of the extended one around them
 * only the boot records live. */
static gboolean
is_extended (Guest *guest, guint index, gint32 part)
{
  g_autofree char *type = guestfs_part_get_mbr_part_type (guest->g, guest->devices[index], part);
  return type && !strcmp (type, "extended");
}

/* Do three readers of one table see the same: we (LIVE), parted (PARTS), and
 * the kernel, which is whom the file systems were mounted through?  Only then
 * nothing lives outside of it. */
static gboolean
all_agree (Guest *guest, guint index, GArray *live, const struct guestfs_partition_list *parts)
{
  g_auto (GStrv) names = guestfs_list_partitions (guest->g);
  if (!live || !parts || !names)
    return FALSE;
  for (guint i = 0; i < parts->len; i++) {
    const struct guestfs_partition *part = &parts->val[i];
    if (!partition_table_covers (live, (ByteRange){part->part_start, part->part_end + 1}) &&
        !is_extended (guest, index, part->part_num))
      return FALSE;
  }
  for (guint i = 0; names[i]; i++) {
    if (guest_device_disk (guest, names[i]) != (gint)index)
      continue;
    const struct guestfs_partition *part = find_part (parts, part_number (guest, index, names[i]));
    gint64 size = guestfs_blockdev_getsize64 (guest->g, names[i]);
    if (!part || size < 0 || (guint64)size > part->part_size)
      return FALSE;
  }
  return TRUE;
}

GArray *
trim_remainder (const struct guestfs_lvm_pv *pv)
{
  GArray *ranges = ranges_new ();
  guint64 start = pv->pe_start + pv->pv_size;
  /* a second copy of the group's metadata would lie there */
  if (pv->pv_mda_count <= 1 && pv->pv_pe_count > 0 && start < pv->dev_size)
    ranges_add (ranges, start, pv->dev_size - start);
  return ranges;
}

GArray *
trim_find_gaps (Guest *guest, guint index)
{
  const JobDisk *disk = g_ptr_array_index (guest->job->disks, index);
  OpenDisk open = {guest, guest->devices[index]};
  guint sector = disk->source->logical_block_size ? disk->source->logical_block_size : 512;
  g_autoptr (GArray) gaps = g_array_new (FALSE, FALSE, sizeof (ByteRange));
  /* A disk that is one volume as a whole may still have an old table in its
   * first sector, which says nothing. */
  const Volume *whole = volume_of_device (guest, guest->devices[index]);
  if (!whole || !whole->table || whole->type)
    return g_steal_pointer (&gaps);
  g_autoptr (GArray) live = partition_table_ranges (read_disk, &open, disk->source->size, sector);
  struct guestfs_partition_list *parts = guestfs_part_list (guest->g, guest->devices[index]);
  if (all_agree (guest, index, live, parts)) {
    g_array_unref (gaps);
    gaps = partition_table_gaps (live, disk->source->size);
  } else {
    report_warning (guest->job->report,
                    "The partition table of %s (%s) is %s; what lies outside the partitions is "
                    "copied too.",
                    disk->source->device, whole->table,
                    live ? "read in different ways by different programs"
                         : "damaged or of a kind that is not understood");
  }
  guestfs_free_partition_list (parts);
  return g_steal_pointer (&gaps);
}

gboolean
trim_discard (Job *job, const char *overlay, GArray *ranges, GError **error)
{
  g_autoptr (GPtrArray) commands = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < ranges->len; i++) {
    const ByteRange *range = &g_array_index (ranges, ByteRange, i);
    for (guint64 at = range->start; at < range->end; at += DISCARD_MOST)
      g_ptr_array_add (commands,
                       g_strdup_printf ("discard %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, at,
                                        MIN (DISCARD_MOST, range->end - at)));
  }
  for (guint done = 0; done < commands->len;) {
    g_autoptr (GPtrArray) argv = g_ptr_array_new ();
    g_ptr_array_add (argv, (gpointer) "qemu-io");
    g_ptr_array_add (argv, (gpointer) "-f");
    g_ptr_array_add (argv, (gpointer) "qcow2");
    g_ptr_array_add (argv, (gpointer) "--discard=unmap");
    for (guint i = 0; i < DISCARDS_AT_ONCE && done < commands->len; i++, done++) {
      g_ptr_array_add (argv, (gpointer) "-c");
      g_ptr_array_add (argv, g_ptr_array_index (commands, done));
    }
    g_ptr_array_add (argv, (gpointer)overlay);
    g_ptr_array_add (argv, NULL);
    if (!p2v_process_run ((const char *const *)argv->pdata, NULL, job->cancel, error))
      return FALSE;
  }
  return TRUE;
}
