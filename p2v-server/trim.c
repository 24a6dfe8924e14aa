/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the overlay say what is dead, so that the copy need not read it.
 * Nothing here is needed for the guest to work: what cannot be trimmed is
 * copied whole, with a warning. */
#include <string.h>
#include "broker.h"
#include "layers.h"
#include "phases.h"
#include "ranges.h"
#include "trim.h"

/* Takes the free space of a volume group for the moment of discarding it.
 * This way LVM itself says where that is, however scattered; the group ends
 * as it was, but for the counter of changes in its metadata. */
#define FREE_LV "p2v_free_space"

/* Small volumes that cannot be trimmed are not worth a warning: boot loaders' and
 * firmware's partitions. */
#define WORTH_SAYING (64 << 20)

/* The first page, which may have 64 KiB: signature, UUID, label. */
#define SWAP_HEADER 65536

#define BTRFS_TRIES 5

typedef struct {
  Guest *guest;
  GPtrArray *drops; /* for each disk a GArray of ByteRange: what layers do not pass on */
  char **opened;    /* devices of encrypted volumes */
  guint64 total;    /* bytes */
} Trim;

static void
tell (Job *job, const char *what, guint64 bytes)
{
  g_autofree char *size = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
  job_log (job, P2V_LOG_INFO, "%s: %s", what, size);
}

/* F2FS that has told an SSD what is free does not tell again, unless a checkpoint
 * says that it does not know: one made without. */
static gboolean
forget_told (Guest *guest, const char *device)
{
  if (guestfs_mount_options (guest->g, "nodiscard", device, "/") < 0)
    return FALSE;
  struct guestfs_statns *stat = guestfs_statns (guest->g, "/");
  gboolean ok = stat && guestfs_chmod (guest->g, (int)(stat->st_mode & 07777), "/") == 0;
  guestfs_free_statns (stat);
  return guestfs_umount_all (guest->g) == 0 && ok;
}

/* Btrfs on DEVICE, mounted, leaves free space out now and then, where its first work was to
 * remove chunks that are empty (Linux 6.1, whose table in memory of the metadata's free space is
 * not whole then): it is mounted anew until what it tells is FREE bytes, of which it keeps some to
 * itself, or does not come. */
static gboolean
fstrim_btrfs (Guest *guest, const char *device, guint64 free)
{
  for (guint i = 0; i < BTRFS_TRIES; i++) {
    if (i && (guestfs_umount_all (guest->g) < 0 || guestfs_mount (guest->g, device, "/") < 0))
      return FALSE;
    /* "/sysroot: 227.1 MiB (238133248 bytes) trimmed" */
    g_autofree char *said = guest_shell (guest, "fstrim -v /sysroot");
    const char *number = said ? strchr (said, '(') : NULL;
    if (number && g_ascii_strtoull (number + 1, NULL, 10) >= free)
      return TRUE;
  }
  return guestfs_fstrim (guest->g, "/", -1) == 0;
}

/* Has the file system on DEVICE say what is free: *bytes. */
static gboolean
tell_free (Guest *guest, const char *device, const char *type, guint64 *bytes)
{
  if (!strcmp (type, "f2fs") && !forget_told (guest, device))
    return FALSE;
  gboolean mounted = guestfs_mount (guest->g, device, "/") == 0;
  struct guestfs_statvfs *stat = mounted ? guestfs_statvfs (guest->g, "/") : NULL;
  if (stat)
    *bytes = (guint64)(stat->bfree * stat->frsize);
  guestfs_free_statvfs (stat);
  gboolean ok = mounted && (strcmp (type, "btrfs") ? guestfs_fstrim (guest->g, "/", -1) == 0
                                                   : fstrim_btrfs (guest, device, *bytes));
  return guestfs_umount_all (guest->g) == 0 && ok;
}

/* Drops RANGES of DEVICE, to which discards do not pass: later, in the closed overlay. */
static gboolean
drop_below (Trim *trim, const char *device, GArray *ranges, guint64 *bytes)
{
  if (!below_drop (trim->guest, device, ranges, trim->drops))
    return FALSE;
  *bytes = ranges_bytes (ranges);
  return TRUE;
}

/* All of DEVICE but its first START bytes. */
static gboolean
drop_whole (Trim *trim, const char *device, guint64 start, guint64 *bytes)
{
  gint64 size = guestfs_blockdev_getsize64 (trim->guest->g, device);
  g_autoptr (GArray) all = ranges_new ();
  if (size <= 0 || (guint64)size <= start)
    return FALSE;
  if (below_passes (trim->guest, device)) {
    *bytes = (guint64)size;
    return guestfs_blkdiscard (trim->guest->g, device) == 0;
  }
  ranges_add (all, start, (guint64)size - start);
  return drop_below (trim, device, all, bytes);
}

static void
say_not_found (Guest *guest, const Volume *volume, gboolean understood)
{
  const char *why =
      understood ? guestfs_last_error (guest->g) : "what it lies on is not understood";
  g_autofree char *safe = g_utf8_make_valid (why ? why : "unknown error", -1);
  report_warning (guest->job->report, "Free space of %s was not found (%s); it is copied too.",
                  volume->device, safe);
}

/* Bytes that were free, 0 when it could not be trimmed. */
static guint64
trim_filesystem (Trim *trim, const Volume *volume)
{
  Guest *guest = trim->guest;
  guint64 bytes = 0;
  gboolean checked = FALSE, understood = TRUE, ok;
  if (!trim_may_trust (guest, volume, &checked))
    return 0;
  if (below_passes (guest, volume->device)) {
    ok = tell_free (guest, volume->device, volume->type, &bytes);
  } else {
    g_autoptr (GArray) ranges = below_record (guest, volume, tell_free);
    understood = !ranges || drop_below (trim, volume->device, ranges, &bytes);
    ok = ranges && understood;
  }
  if (!ok)
    say_not_found (guest, volume, understood);
  if (!checked)
    trim_look_back (guest, volume);
  return bytes;
}

/* Everything but the header: a new one with the same names.  One that says
 * "hibernated" must not survive either, for that memory belongs to another
 * machine. */
static guint64
trim_swap (Trim *trim, const Volume *volume, GError **error)
{
  Guest *guest = trim->guest;
  guint64 bytes = 0;
  struct guestfs_mkswap_opts_argv options = {.bitmask = 0};
  if (volume->uuid) {
    options.bitmask |= GUESTFS_MKSWAP_OPTS_UUID_BITMASK;
    options.uuid = volume->uuid;
  }
  if (volume->label) {
    options.bitmask |= GUESTFS_MKSWAP_OPTS_LABEL_BITMASK;
    options.label = volume->label;
  }
  if (!drop_whole (trim, volume->device, SWAP_HEADER, &bytes)) {
    report_warning (guest->job->report,
                    "The contents of swap %s were not dropped; they are copied "
                    "too.",
                    volume->device);
    return 0;
  }
  if (guestfs_mkswap_opts_argv (guest->g, volume->device, &options) < 0) {
    g_autofree char *what =
        g_strdup_printf (N_ ("The swap header of %s cannot be written"), volume->device);
    guest_error (guest, P2V_ERROR_CONVERT, what, error);
    return 0;
  }
  if (!strcmp (volume->type, "swsuspend"))
    report_warning (guest->job->report,
                    "The guest was hibernated on %s.  It starts afresh: the memory of the old "
                    "machine cannot be resumed on the new one, and what was not saved is lost.",
                    volume->device);
  return bytes;
}

/* Its parts have their turns: a divided disk, a member of an array or group, an
 * encrypted volume that was opened. */
static gboolean
is_container (const Trim *trim, const Volume *volume)
{
  if (g_strv_contains ((const char *const *)trim->opened, volume->device))
    return TRUE;
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
trim_volumes (Trim *trim, GError **error)
{
  Guest *guest = trim->guest;
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    guint64 bytes = 0;
    if (!job_check_cancelled (guest->job, error))
      return FALSE;
    job_progress (guest->job, i, guest->volumes->len);
    if (is_container (trim, volume))
      continue;
    if (volume->type && (!strcmp (volume->type, "swap") || !strcmp (volume->type, "swsuspend"))) {
      g_autoptr (GError) failed = NULL;
      bytes = trim_swap (trim, volume, &failed);
      if (failed) {
        g_propagate_error (error, g_steal_pointer (&failed));
        return FALSE;
      }
    } else if (trim_is_possible (volume)) {
      bytes = trim_filesystem (trim, volume);
    } else {
      say_whole (guest, volume);
      continue;
    }
    trim->total += bytes;
    g_autofree char *what = g_strdup_printf ("%s (%s)", volume->device, volume->type);
    tell (guest->job, what, bytes);
  }
  return TRUE;
}

/* FALSE when the temporary volume may be left behind. */
static gboolean
trim_group (Trim *trim, const struct guestfs_lvm_vg *group, GError **error)
{
  Guest *guest = trim->guest;
  guint64 bytes = 0;
  g_autofree char *device = g_strdup_printf ("/dev/%s/" FREE_LV, group->vg_name);
  if (guestfs_lvcreate_free (guest->g, FREE_LV, group->vg_name, 100) < 0) {
    report_warning (guest->job->report,
                    "Free space of volume group %s was not found; it is copied "
                    "too.",
                    group->vg_name);
    return TRUE;
  }
  if (drop_whole (trim, device, 0, &bytes)) {
    g_autofree char *what = g_strdup_printf ("volume group %s", group->vg_name);
    tell (guest->job, what, bytes);
    trim->total += bytes;
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
trim_groups (Trim *trim, GError **error)
{
  gboolean ok = TRUE;
  struct guestfs_lvm_vg_list *groups = guestfs_vgs_full (trim->guest->g);
  for (guint i = 0; ok && groups && i < groups->len; i++)
    if (groups->val[i].vg_free_count > 0)
      ok = trim_group (trim, &groups->val[i], error);
  guestfs_free_lvm_vg_list (groups);
  return ok;
}

/* One that is not dropped is no loss worth a warning. */
static void
trim_remainders (Trim *trim)
{
  struct guestfs_lvm_pv_list *pvs = guestfs_pvs_full (trim->guest->g);
  for (guint i = 0; pvs && i < pvs->len; i++) {
    g_autoptr (GArray) ranges = trim_remainder (&pvs->val[i]);
    g_autofree char *device = ranges->len ? lvm_pv_device (trim->guest, pvs->val[i].pv_uuid) : NULL;
    guint64 bytes = 0;
    if (device && drop_below (trim, device, ranges, &bytes))
      trim->total += bytes;
  }
  guestfs_free_lvm_pv_list (pvs);
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

/* What is discarded when the appliance is gone. */
static gboolean
discard_all (Job *job, Trim *trim, GPtrArray *all_gaps, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    GArray *gaps = g_ptr_array_index (all_gaps, i);
    guint64 bytes = 0;
    for (guint j = 0; j < gaps->len; j++)
      bytes += g_array_index (gaps, ByteRange, j).end - g_array_index (gaps, ByteRange, j).start;
    if (!trim_discard (job, disk->overlay, gaps, error) ||
        !trim_discard (job, disk->overlay, g_ptr_array_index (trim->drops, i), error))
      return FALSE;
    g_autofree char *what = g_strdup_printf ("outside the partitions of disk %u", i + 1);
    tell (job, what, bytes);
    trim->total += bytes;
  }
  return TRUE;
}

gboolean
phase_trim (Job *job, GError **error)
{
  Guest *guest = job->guest;
  g_autoptr (GPtrArray) drops = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  Trim trim = {.guest = guest, .drops = drops};
  for (guint i = 0; i < job->disks->len; i++)
    g_ptr_array_add (drops, g_array_new (FALSE, FALSE, sizeof (ByteRange)));
  g_auto (GStrv) opened = trim_open_encrypted (guest);
  trim.opened = opened;
  if (guestfs_umount_all (guest->g) < 0) {
    guest_error (guest, P2V_ERROR_CONVERT, "The guest cannot be unmounted", error);
    return FALSE;
  }
  if (!trim_volumes (&trim, error))
    return FALSE;
  broker_expect (job, FALSE);
  if (!trim_groups (&trim, error))
    return FALSE;
  trim_remainders (&trim);
  g_autoptr (GPtrArray) gaps = find_gaps (guest);
  job->guest = NULL;
  if (!guest_close (guest, error) || !discard_all (job, &trim, gaps, error))
    return FALSE;
  report_figure (job->report, "trimmed_bytes", (gint64)trim.total);
  return TRUE;
}
