/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert/linux/device-spec.h"
#include "layers.h"
#include "overlay.h"

/* libguestfs gives LVM's UUIDs with dashes in one call and without in the other. */
gboolean
lvm_same_uuid (const char *dashed, const char uuid[32])
{
  g_auto (GStrv) parts = g_strsplit (dashed, "-", -1);
  g_autofree char *plain = g_strjoinv ("", parts);
  return strlen (plain) == 32 && !strncmp (plain, uuid, 32);
}

char *
lvm_pv_device (Guest *guest, const char uuid[32])
{
  g_auto (GStrv) devices = guestfs_pvs (guest->g);
  for (guint i = 0; devices && devices[i]; i++) {
    g_autofree char *dashed = guestfs_pvuuid (guest->g, devices[i]);
    if (dashed && lvm_same_uuid (dashed, uuid))
      return g_strdup (devices[i]);
  }
  return NULL;
}

char **
raid_members (Guest *guest, const char *array)
{
  g_autoptr (GStrvBuilder) members = g_strv_builder_new ();
  g_auto (GStrv) detail = guestfs_md_detail (guest->g, array);
  g_auto (GStrv) partitions = guestfs_list_partitions (guest->g);
  const char *uuid = detail ? guest_lookup (detail, "uuid") : NULL;
  char **const lists[] = {partitions, guest->devices};
  for (guint i = 0; uuid && i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; lists[i] && lists[i][j]; j++) {
      g_auto (GStrv) tags = guestfs_blkid (guest->g, lists[i][j]);
      const char *mine = tags ? guest_lookup (tags, "UUID") : NULL;
      if (mine && !g_strcmp0 (guest_lookup (tags, "TYPE"), "linux_raid_member") &&
          md_uuid_equal (mine, uuid))
        g_strv_builder_add (members, lists[i][j]);
    }
  return g_strv_builder_end (members);
}

Blocks *
layers_load (Guest *guest)
{
  g_autofree char *text = guest_shell (guest, blocks_script);
  g_autoptr (Blocks) blocks = text ? blocks_parse (text) : NULL;
  const GPtrArray *disks = guest->job->disks;
  g_autofree BlocksDisk *known = g_new0 (BlocksDisk, disks->len);
  for (guint i = 0; i < disks->len; i++) {
    guint64 size = ((const JobDisk *)g_ptr_array_index (disks, i))->source->size;
    known[i] = (BlocksDisk){size, overlay_cluster (size)};
  }
  if (!blocks || !blocks_know_disks (blocks, known, disks->len))
    return NULL;
  return g_steal_pointer (&blocks);
}

char *
layers_kernel_name (Guest *guest, const Blocks *blocks, const char *device)
{
  gint disk = guest_device_disk (guest, device);
  if (disk >= 0) {
    const char *part = device + strlen (guest->devices[disk]);
    return g_strdup (blocks_name (blocks, (guint)disk, (guint)g_ascii_strtoull (part, NULL, 10)));
  }
  g_autofree char *quoted = g_shell_quote (device);
  g_autofree char *script = g_strdup_printf ("readlink -f -- %s", quoted);
  g_autofree char *path = guest_shell (guest, script);
  return path && g_str_has_prefix (path, "/dev/") ? g_path_get_basename (g_strchomp (path)) : NULL;
}
