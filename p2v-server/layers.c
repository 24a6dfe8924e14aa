/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "layers.h"

/* The same hexadecimal digits, whatever stands between them? */
static gboolean
same_digits (const char *a, const char *b)
{
  for (;; a++, b++) {
    while (*a && !g_ascii_isxdigit (*a))
      a++;
    while (*b && !g_ascii_isxdigit (*b))
      b++;
    if (g_ascii_tolower (*a) != g_ascii_tolower (*b))
      return FALSE;
    if (!*a)
      return TRUE;
  }
}

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
          same_digits (mine, uuid))
        g_strv_builder_add (members, lists[i][j]);
    }
  return g_strv_builder_end (members);
}
