/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Space that belongs to no partition.  The appliance has no call that
 * discards a part of a disk, so the ranges are found in it and discarded in
 * the overlay afterwards. */
#include <string.h>
#include "common/process.h"
#include "trim.h"
#include "volumes.h"

/* One discard of qemu-io takes at most 2 GiB less a sector. */
#define DISCARD_MOST (G_GUINT64_CONSTANT (1) << 30)

/* Arguments of one qemu-io. */
#define DISCARDS_AT_ONCE 64

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

/* The end of a physical volume that is too short for an extent of its group:
 * up to an extent, which may be large, and LVM has no name for it. */
static void
add_remainder (const struct guestfs_lvm_pv *pv, guint64 start, GArray *gaps)
{
  ByteRange range = {start + pv->pe_start + pv->pv_size, start + pv->dev_size, 0};
  /* a second copy of the group's metadata would lie there */
  if (pv->pv_mda_count <= 1 && pv->pv_pe_count > 0 && range.start < range.end)
    g_array_append_val (gaps, range);
}

static void
add_remainders (Guest *guest, guint index, GArray *live, GArray *gaps)
{
  struct guestfs_lvm_pv_list *pvs = guestfs_pvs_full (guest->g);
  for (guint i = 0; pvs && i < pvs->len; i++) {
    if (guest_device_disk (guest, pvs->val[i].pv_name) != (gint)index)
      continue;
    const char *number = pvs->val[i].pv_name + strlen (guest->devices[index]);
    guint part = (guint)g_ascii_strtoull (number, NULL, 10);
    if (!part)
      add_remainder (&pvs->val[i], 0, gaps);
    for (guint j = 0; part && live && j < live->len; j++)
      if (g_array_index (live, ByteRange, j).part == part)
        add_remainder (&pvs->val[i], g_array_index (live, ByteRange, j).start, gaps);
  }
  guestfs_free_lvm_pv_list (pvs);
}

GArray *
trim_find_gaps (Guest *guest, guint index)
{
  const JobDisk *disk = g_ptr_array_index (guest->job->disks, index);
  OpenDisk open = {guest, guest->devices[index]};
  guint sector = disk->source->logical_block_size ? disk->source->logical_block_size : 512;
  /* A disk that is one volume as a whole may still have an old table in its
   * first sector, which says nothing. */
  const Volume *whole = volume_of_device (guest, guest->devices[index]);
  gboolean divided = whole && whole->table && !whole->type;
  g_autoptr (GArray) live =
      divided ? partition_table_ranges (read_disk, &open, disk->source->size, sector) : NULL;
  GArray *gaps = live ? partition_table_gaps (live, disk->source->size)
                      : g_array_new (FALSE, FALSE, sizeof (ByteRange));
  add_remainders (guest, index, live, gaps);
  return gaps;
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
