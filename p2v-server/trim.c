/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the overlay say what is dead, so that the copy need not read it.
 * Nothing here is needed for the guest to work: what cannot be trimmed is
 * copied whole, with a warning. */
#include <string.h>
#include "phases.h"
#include "trim.h"

/* Takes the free space of a volume group for the moment of discarding it.
 * This way LVM itself says where that is, however scattered; the group ends
 * as it was, but for the counter of changes in its metadata. */
#define FREE_LV "p2v_free_space"

/* Small volumes that cannot be trimmed are not worth a warning: boot loaders' and
 * firmware's partitions. */
#define WORTH_SAYING (64 << 20)

static void
tell (Job *job, const char *what, guint64 bytes)
{
  g_autofree char *size = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
  job_log (job, P2V_LOG_INFO, "%s: %s", what, size);
}

/* Bytes that were free, 0 when it could not be trimmed. */
static guint64
trim_filesystem (Guest *guest, const Volume *volume)
{
  guint64 bytes = 0;
  gboolean checked = FALSE;
  if (!trim_may_trust (guest, volume, &checked))
    return 0;
  if (guestfs_mount (guest->g, volume->device, "/") == 0 &&
      guestfs_fstrim (guest->g, "/", -1) == 0) {
    struct guestfs_statvfs *stat = guestfs_statvfs (guest->g, "/");
    if (stat)
      bytes = (guint64)(stat->bfree * stat->frsize);
    guestfs_free_statvfs (stat);
  } else {
    const char *why = guestfs_last_error (guest->g);
    g_autofree char *safe = g_utf8_make_valid (why ? why : "unknown error", -1);
    report_warning (guest->job->report, "Free space of %s was not found (%s); it is copied too.",
                    volume->device, safe);
  }
  guestfs_umount_all (guest->g);
  if (!checked)
    trim_look_back (guest, volume);
  return bytes;
}

/* Everything but the header: a new one with the same names.  One that says
 * "hibernated" must not survive either, for that memory belongs to another
 * machine. */
static guint64
trim_swap (Guest *guest, const Volume *volume, GError **error)
{
  struct guestfs_mkswap_opts_argv options = {.bitmask = 0};
  if (volume->uuid) {
    options.bitmask |= GUESTFS_MKSWAP_OPTS_UUID_BITMASK;
    options.uuid = volume->uuid;
  }
  if (volume->label) {
    options.bitmask |= GUESTFS_MKSWAP_OPTS_LABEL_BITMASK;
    options.label = volume->label;
  }
  gint64 size = guestfs_blockdev_getsize64 (guest->g, volume->device);
  if (size < 0 || guestfs_blkdiscard (guest->g, volume->device) < 0) {
    report_warning (guest->job->report,
                    "The contents of swap %s were not dropped; they are copied "
                    "too.",
                    volume->device);
    return 0;
  }
  if (guestfs_mkswap_opts_argv (guest->g, volume->device, &options) < 0) {
    g_autofree char *what =
        g_strdup_printf ("The swap header of %s cannot be written", volume->device);
    guest_error (guest, P2V_ERROR_CONVERT, what, error);
    return 0;
  }
  if (!strcmp (volume->type, "swsuspend"))
    report_warning (guest->job->report,
                    "The guest was hibernated on %s.  It starts afresh: the memory of the old "
                    "machine cannot be resumed on the new one, and what was not saved is lost.",
                    volume->device);
  return (guint64)size;
}

/* Its parts have their turns: a divided disk, a member of an array or group. */
static gboolean
is_container (const Volume *volume)
{
  return volume->type ? g_str_has_suffix (volume->type, "_member") : volume->table != NULL;
}

/* What nothing is known of is copied as a whole, and somebody wonders why it takes so long. */
static void
say_whole (Guest *guest, const Volume *volume)
{
  gint64 size = guestfs_blockdev_getsize64 (guest->g, volume->device);
  if (size < WORTH_SAYING)
    return;
  g_autofree char *words = g_format_size_full ((guint64)size, G_FORMAT_SIZE_IEC_UNITS);
  report_warning (guest->job->report,
                  "%s (%s, %s) is copied as a whole: which parts of it are free is not known.",
                  volume->device, volume->type ? volume->type : "unknown contents", words);
}

static gboolean
trim_volumes (Guest *guest, guint64 *total, GError **error)
{
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    guint64 bytes = 0;
    if (!job_check_cancelled (guest->job, error))
      return FALSE;
    job_progress (guest->job, i, guest->volumes->len);
    if (is_container (volume))
      continue;
    if (volume->type && (!strcmp (volume->type, "swap") || !strcmp (volume->type, "swsuspend"))) {
      g_autoptr (GError) failed = NULL;
      bytes = trim_swap (guest, volume, &failed);
      if (failed) {
        g_propagate_error (error, g_steal_pointer (&failed));
        return FALSE;
      }
    } else if (trim_is_possible (volume)) {
      bytes = trim_filesystem (guest, volume);
    } else {
      say_whole (guest, volume);
      continue;
    }
    *total += bytes;
    g_autofree char *what = g_strdup_printf ("%s (%s)", volume->device, volume->type);
    tell (guest->job, what, bytes);
  }
  return TRUE;
}

/* FALSE when the temporary volume may be left behind. */
static gboolean
trim_group (Guest *guest, const struct guestfs_lvm_vg *group, guint64 *total, GError **error)
{
  g_autofree char *device = g_strdup_printf ("/dev/%s/" FREE_LV, group->vg_name);
  if (guestfs_lvcreate_free (guest->g, FREE_LV, group->vg_name, 100) < 0) {
    report_warning (guest->job->report,
                    "Free space of volume group %s was not found; it is copied "
                    "too.",
                    group->vg_name);
    return TRUE;
  }
  if (guestfs_blkdiscard (guest->g, device) == 0) {
    g_autofree char *what = g_strdup_printf ("volume group %s", group->vg_name);
    tell (guest->job, what, group->vg_free);
    *total += group->vg_free;
  } else {
    report_warning (guest->job->report,
                    "Free space of volume group %s was not dropped; it is copied too.",
                    group->vg_name);
  }
  if (guestfs_lvremove (guest->g, device) < 0) {
    guest_error (guest, P2V_ERROR_CONVERT, "A temporary volume cannot be removed", error);
    return FALSE;
  }
  return TRUE;
}

static gboolean
trim_groups (Guest *guest, guint64 *total, GError **error)
{
  gboolean ok = TRUE;
  struct guestfs_lvm_vg_list *groups = guestfs_vgs_full (guest->g);
  for (guint i = 0; ok && groups && i < groups->len; i++)
    if (groups->val[i].vg_free_count > 0)
      ok = trim_group (guest, &groups->val[i], total, error);
  guestfs_free_lvm_vg_list (groups);
  return ok;
}

/* One array of gaps a disk, found while the appliance is still there. */
static GPtrArray *
find_gaps (Guest *guest)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  for (guint i = 0; guest->devices[i]; i++)
    g_ptr_array_add (all, trim_find_gaps (guest, i));
  return all;
}

static gboolean
discard_gaps (Job *job, GPtrArray *all, guint64 *total, GError **error)
{
  for (guint i = 0; i < all->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    GArray *gaps = g_ptr_array_index (all, i);
    guint64 bytes = 0;
    for (guint j = 0; j < gaps->len; j++)
      bytes += g_array_index (gaps, ByteRange, j).end - g_array_index (gaps, ByteRange, j).start;
    if (!trim_discard (job, disk->overlay, gaps, error))
      return FALSE;
    g_autofree char *what = g_strdup_printf ("outside the partitions of disk %u", i + 1);
    tell (job, what, bytes);
    *total += bytes;
  }
  return TRUE;
}

gboolean
phase_trim (Job *job, GError **error)
{
  Guest *guest = job->guest;
  guint64 total = 0;
  if (guestfs_umount_all (guest->g) < 0) {
    guest_error (guest, P2V_ERROR_CONVERT, "The guest cannot be unmounted", error);
    return FALSE;
  }
  if (!trim_volumes (guest, &total, error) || !trim_groups (guest, &total, error))
    return FALSE;
  g_autoptr (GPtrArray) gaps = find_gaps (guest);
  job->guest = NULL;
  if (!guest_close (guest, error) || !discard_gaps (job, gaps, &total, error))
    return FALSE;
  report_figure (job->report, "trimmed_bytes", (gint64)total);
  return TRUE;
}
