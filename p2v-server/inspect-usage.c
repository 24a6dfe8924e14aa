/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include "inspect.h"
#include "mounts.h"
#include "trim.h"
#include "unlock.h"

#define MIB (1024 * 1024)

/* Room that a conversion needs besides the initrd's: lists, configuration, a
 * few packages' worth of breathing space at the first boot. */
#define ROOT_FREE (100 * MIB)
#define BOOT_FREE (8 * MIB)
/* A new initrd where there is none to go by: Debian's common size. */
#define INITRD      (40 * MIB)
#define INODES_FREE 100

/* Nothing to count: swap is not copied, and what lies on volume groups and RAID arrays is
 * counted there. */
static const char *const uncounted[] = {"swap", "swsuspend", "LVM2_member", "linux_raid_member",
                                        NULL};

/* What is in use of a file system: everything that is not free, so that its
 * own tables count.  All of what trim knows nothing of. */
static Usage
volume_usage (Guest *guest, const Volume *volume)
{
  gint64 size = guestfs_blockdev_getsize64 (guest->g, volume->device);
  if (size < 0 || !volume->type)
    return size < 0 ? (Usage){0, 0} : (Usage){(guint64)size, (guint64)size};
  if (g_strv_contains (uncounted, volume->type) || unlock_of_device (guest, volume->device))
    return (Usage){0, (guint64)size};
  guint64 used = (guint64)size;
  if (trim_is_possible (volume) && guestfs_mount_ro (guest->g, volume->device, "/") == 0) {
    struct guestfs_statvfs *stat = guestfs_statvfs (guest->g, "/");
    if (stat && (guint64)(stat->bfree * stat->frsize) <= used)
      used -= (guint64)(stat->bfree * stat->frsize);
    guestfs_free_statvfs (stat);
    guestfs_umount_all (guest->g);
  }
  return (Usage){used, (guint64)size};
}

gboolean
inspect_usage (Guest *guest, GError **error)
{
  Job *job = guest->job;
  guint64 total = 0;
  g_autoptr (GArray) usages = g_array_new (FALSE, FALSE, sizeof (Usage));
  for (guint i = 0; i < job->disks->len; i++)
    ((JobDisk *)g_ptr_array_index (job->disks, i))->used_bytes = 0;
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    Usage usage = volume_usage (guest, volume);
    g_array_append_val (usages, usage);
    inspect_spread (guest, volume->device, usage);
    total += usage.used;
    g_autofree char *words = g_format_size_full (usage.used, G_FORMAT_SIZE_IEC_UNITS);
    job_log (job, P2V_LOG_INFO, "%s: %s, %s in use", volume->device,
             volume->type ? volume->type : "unknown contents", words);
    if (!job_check_cancelled (job, error))
      return FALSE;
  }
  total += inspect_spread_hidden (guest, usages);
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    disk->used_bytes = MIN (disk->used_bytes, disk->source->size);
  }
  report_figure (job->report, "guest_used_bytes", (gint64)total);
  return TRUE;
}

/* Bytes of the largest initrd that is in /boot now: a new one has about its size. */
static guint64
largest_initrd (Guest *guest)
{
  guint64 largest = 0;
  g_auto (GStrv) found = guestfs_glob_expand (guest->g, "/boot/initrd.img-*");
  for (guint i = 0; found && found[i]; i++) {
    gint64 size =
        g_str_has_suffix (found[i], ".pre-p2v") ? 0 : guestfs_filesize (guest->g, found[i]);
    largest = MAX (largest, (guint64)MAX (size, 0));
  }
  return largest;
}

static gboolean
check_room (Guest *guest, const char *path, const char *name, guint64 bytes, gboolean inodes,
            GError **error)
{
  struct guestfs_statvfs *stat = guestfs_statvfs (guest->g, path);
  if (!stat) {
    guest_error (guest, P2V_ERROR_GUEST, "The guest's free space cannot be read", error);
    return FALSE;
  }
  /* bavail would leave out what only root may use; the conversion is root */
  guint64 room = (guint64)(stat->bfree * stat->frsize);
  guint64 free_inodes = stat->files ? (guint64)stat->ffree : INODES_FREE;
  guestfs_free_statvfs (stat);
  if (room >= bytes && (!inodes || free_inodes >= INODES_FREE))
    return TRUE;
  g_autofree char *remedy =
      room < bytes
          ? g_strdup_printf (
                "Free at least %" G_GUINT64_FORMAT " MiB on it: start the physical "
                "machine from its own disk, delete what is not needed, and convert again.",
                (bytes - room + MIB - 1) / MIB)
          : g_strdup ("Delete files that are not needed: start the physical machine from its own "
                      "disk, and convert again.");
  if (room < bytes)
    p2v_set_error (error, P2V_ERROR_GUEST, remedy,
                   "The guest's %s is full: only %" G_GUINT64_FORMAT
                   " MiB are free, and the conversion needs %" G_GUINT64_FORMAT " MiB.",
                   name, room / MIB, (bytes + MIB - 1) / MIB);
  else
    p2v_set_error (error, P2V_ERROR_GUEST, remedy,
                   "The guest's %s has only %" G_GUINT64_FORMAT
                   " inodes free, and the conversion needs %d.",
                   name, free_inodes, INODES_FREE);
  return FALSE;
}

gboolean
inspect_room (Guest *guest, GError **error)
{
  guint64 present = largest_initrd (guest);
  /* a quarter more: it gets drivers, and is compressed faster but less */
  guint64 initrd = present ? present + present / 4 : INITRD;
  const GuestMount *boot = mounts_find (guest, "/boot");
  return check_room (guest, "/", "root file system", boot ? ROOT_FREE : ROOT_FREE + initrd, TRUE,
                     error) &&
         (!boot ||
          check_room (guest, "/boot", "/boot file system", BOOT_FREE + initrd, TRUE, error));
}
