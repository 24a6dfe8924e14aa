/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks the bytes of a volume lie on, below LVM and software RAID: what
 * the copy will really move from each of them. */
#include <string.h>
#include "inspect.h"
#include "layers.h"
#include "unlock.h"
#include "volumes.h"

/* Arrays below groups below arrays … */
#define DEPTH_MOST 4

/* Less is LVM's own: pools' metadata and spares. */
#define WORTH_SAYING (64 << 20)

static void spread (Guest *guest, const char *device, Usage usage, guint depth);

static void
add_to_disk (JobDisk *disk, guint64 bytes)
{
  disk->used_bytes += bytes;
}

static Usage
part_of (Usage usage, double share)
{
  return (Usage){(guint64)((double)usage.used * share), (guint64)((double)usage.size * share)};
}

/* What each of N members of an array holds of it. */
static Usage
member_usage (const char *level, guint n, Usage usage)
{
  if (!strcmp (level, "raid1"))
    return usage;
  if (!strcmp (level, "raid10"))
    return part_of (usage, n > 2 ? 2.0 / n : 1);
  if (!strcmp (level, "raid4") || !strcmp (level, "raid5"))
    return part_of (usage, n > 1 ? 1.0 / (n - 1) : 1);
  if (!strcmp (level, "raid6"))
    return part_of (usage, n > 2 ? 1.0 / (n - 2) : 1);
  return part_of (usage, 1.0 / n);
}

static gboolean
spread_array (Guest *guest, const char *device, Usage usage, guint depth)
{
  const char *level = "unknown";
  if (!g_str_has_prefix (device, "/dev/md"))
    return FALSE;
  g_auto (GStrv) detail = guestfs_md_detail (guest->g, device);
  if (detail && guest_lookup (detail, "level"))
    level = guest_lookup (detail, "level");
  g_auto (GStrv) members = raid_members (guest, device);
  guint n = g_strv_length (members);
  for (guint i = 0; i < n; i++)
    spread (guest, members[i], member_usage (level, n, usage), depth);
  return n > 0;
}

static gboolean
has_uuid (char **uuids, const char uuid[32])
{
  for (guint i = 0; uuids[i]; i++)
    if (lvm_same_uuid (uuids[i], uuid))
      return TRUE;
  return FALSE;
}

/* By what of each physical volume is allocated; FALSE when LVM does not tell. */
static gboolean
spread_group (Guest *guest, const char *group, Usage usage, guint depth)
{
  g_auto (GStrv) uuids = guestfs_vgpvuuids (guest->g, group);
  struct guestfs_lvm_pv_list *pvs = uuids ? guestfs_pvs_full (guest->g) : NULL;
  guint64 total = 0;
  for (guint i = 0; pvs && i < pvs->len; i++)
    if (has_uuid (uuids, pvs->val[i].pv_uuid))
      total += pvs->val[i].pv_used;
  for (guint i = 0; total && i < pvs->len; i++) {
    if (!has_uuid (uuids, pvs->val[i].pv_uuid))
      continue;
    g_autofree char *device = lvm_pv_device (guest, pvs->val[i].pv_uuid);
    spread (guest, device ? device : "",
            part_of (usage, (double)pvs->val[i].pv_used / (double)total), depth);
  }
  guestfs_free_lvm_pv_list (pvs);
  return total > 0;
}

static gboolean
spread_logical (Guest *guest, const char *device, Usage usage, guint depth)
{
  g_auto (GStrv) names = g_strsplit (device, "/", 4); /* "", dev, VG, LV */
  return g_strv_length (names) == 4 && spread_group (guest, names[2], usage, depth);
}

static void
spread (Guest *guest, const char *device, Usage usage, guint depth)
{
  GPtrArray *disks = guest->job->disks;
  gint disk = guest_device_disk (guest, device);
  if (disk >= 0) {
    add_to_disk (g_ptr_array_index (disks, (guint)disk), usage.used);
    return;
  }
  const Unlocked *unlocked = unlock_of_opened (guest, device);
  if (unlocked && depth < DEPTH_MOST) {
    spread (guest, unlocked->device, usage, depth + 1);
    return;
  }
  if (depth < DEPTH_MOST && (spread_array (guest, device, usage, depth + 1) ||
                             spread_logical (guest, device, usage, depth + 1)))
    return;
  for (guint i = 0; i < disks->len; i++)
    add_to_disk (g_ptr_array_index (disks, i), usage.used / disks->len);
}

void
inspect_spread (Guest *guest, const char *device, Usage usage)
{
  spread (guest, device, usage, 0);
}

static gboolean
is_thin (const struct guestfs_lvm_lv_list *lvs, const char *name)
{
  for (guint i = 0; lvs && i < lvs->len; i++)
    if (lvs->val[i].lv_attr[0] == 'V' && !strcmp (lvs->val[i].lv_name, name))
      return TRUE;
  return FALSE;
}

/* What the volumes that were looked at (USAGES, in the order of guest->volumes)
 * take of GROUP.  Thin ones take what they use of their pool, as far as is known. */
static guint64
seen_in_group (Guest *guest, const char *group, GArray *usages,
               const struct guestfs_lvm_lv_list *lvs)
{
  guint64 seen = 0;
  for (guint i = 0; i < usages->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    const Usage *usage = &g_array_index (usages, Usage, i);
    g_auto (GStrv) names = g_strsplit (volume->device, "/", 4); /* "", dev, VG, LV */
    if (g_strv_length (names) == 4 && !strcmp (names[2], group))
      seen += is_thin (lvs, names[3]) ? usage->used : usage->size;
  }
  return seen;
}

guint64
inspect_spread_hidden (Guest *guest, GArray *usages)
{
  guint64 all = 0;
  struct guestfs_lvm_vg_list *groups = guestfs_vgs_full (guest->g);
  struct guestfs_lvm_lv_list *lvs = groups ? guestfs_lvs_full (guest->g) : NULL;
  for (guint i = 0; groups && i < groups->len; i++) {
    const struct guestfs_lvm_vg *group = &groups->val[i];
    guint64 allocated = group->vg_size - MIN (group->vg_free, group->vg_size);
    guint64 seen = seen_in_group (guest, group->vg_name, usages, lvs);
    if (allocated <= seen)
      continue;
    guint64 hidden = allocated - seen;
    spread_group (guest, group->vg_name, (Usage){hidden, hidden}, 0);
    all += hidden;
    if (hidden < WORTH_SAYING)
      continue;
    g_autofree char *words = g_format_size_full (hidden, G_FORMAT_SIZE_IEC_UNITS);
    report_warning (guest->job->report,
                    "Volume group %s has %s that none of its open volumes shows (thin pools, "
                    "mirrors, snapshots): free space in it may be copied too.",
                    group->vg_name, words);
  }
  guestfs_free_lvm_lv_list (lvs);
  guestfs_free_lvm_vg_list (groups);
  return all;
}
