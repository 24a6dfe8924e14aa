/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk-volume.h"
#include "sysfs.h"
#include <string.h>

#define DEPTH 4 /* volumes above volumes; two is what exists */

/* How md names what it does not manage itself (kernel Documentation/admin-guide/md.rst,
 * metadata_version): "external:imsm" is a container, that is all members of a controller, and
 * "external:/md127/0" a volume in it; mdadm writes "-" for "/" while nobody may change it. */
#define EXTERNAL "external:"

/* What multipathd and /usr/lib/p2v/storage name their maps. */
static const char *const uuids[] = {"mpath-", "DMRAID-"};

static char *
read_metadata (const char *sys, const char *name)
{
  char *text = sysfs_read ("%s/class/block/%s/md/metadata_version", sys, name);
  if (text && !g_str_has_prefix (text, EXTERNAL))
    g_clear_pointer (&text, g_free);
  return text;
}

static gboolean
is_in_container (const char *metadata)
{
  return metadata && strchr ("/-", metadata[strlen (EXTERNAL)]) && metadata[strlen (EXTERNAL)];
}

static gboolean
has_dm_uuid (const char *sys, const char *name, const char *prefix)
{
  g_autofree char *uuid = sysfs_read ("%s/class/block/%s/dm/uuid", sys, name);
  return uuid && g_str_has_prefix (uuid, prefix);
}

static gboolean
is_running (const char *sys, const char *name)
{
  return sysfs_read_int (0, "%s/class/block/%s/size", sys, name) > 0;
}

gboolean
disk_volume_is (const char *sys, const char *name)
{
  g_autofree char *metadata = read_metadata (sys, name);
  if (is_in_container (metadata))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (uuids); i++)
    if (has_dm_uuid (sys, name, uuids[i]))
      return TRUE;
  return FALSE;
}

gboolean
disk_volume_is_multipath (const char *sys, const char *name)
{
  return has_dm_uuid (sys, name, uuids[0]);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strverscmp (*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder of /sys: char *, sorted. */
static GPtrArray *
list (const char *sys, const char *name, const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = name ? g_strdup_printf ("%s/class/block/%s/%s", sys, name, folder)
                               : g_strdup_printf ("%s/class/block", sys);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;
  while (dir && (entry = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (entry));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Does a volume in the container NAME run?  Without, its disks are taken one by one: what
 * is left of a RAID that is no longer used looks like that. */
static gboolean
is_used_container (const char *sys, const char *name)
{
  g_autofree char *metadata = read_metadata (sys, name);
  if (!metadata || is_in_container (metadata))
    return FALSE;
  g_autofree char *inside = g_strdup_printf ("%s/", name);
  g_autoptr (GPtrArray) all = list (sys, NULL, NULL);
  for (guint i = 0; i < all->len; i++) {
    const char *other = g_ptr_array_index (all, i);
    g_autofree char *its = read_metadata (sys, other);
    if (is_in_container (its) && g_str_has_prefix (its + strlen (EXTERNAL) + 1, inside) &&
        is_running (sys, other))
      return TRUE;
  }
  return FALSE;
}

gboolean
disk_volume_hides (const char *sys, const char *name)
{
  g_autoptr (GPtrArray) holders = list (sys, name, "holders");
  for (guint i = 0; i < holders->len; i++) {
    const char *holder = g_ptr_array_index (holders, i);
    if (disk_volume_is (sys, holder) ? is_running (sys, holder) : is_used_container (sys, holder))
      return TRUE;
  }
  return FALSE;
}

static void
add_members (const char *sys, const char *name, guint depth, GPtrArray *members)
{
  g_autoptr (GPtrArray) slaves = list (sys, name, "slaves");
  for (guint i = 0; i < slaves->len; i++) {
    const char *slave = g_ptr_array_index (slaves, i);
    if (depth > 0 && disk_volume_is (sys, slave))
      add_members (sys, slave, depth - 1, members);
    else
      g_ptr_array_add (members, g_strdup (slave));
  }
}

char **
disk_volume_members (const char *sys, const char *name)
{
  g_autoptr (GPtrArray) members = g_ptr_array_new ();
  add_members (sys, name, DEPTH, members);
  g_ptr_array_sort (members, compare_names);
  g_ptr_array_add (members, NULL);
  return (char **)g_ptr_array_steal (members, NULL);
}

char *
disk_volume_model (const char *sys, const char *name)
{
  g_autofree char *metadata = read_metadata (sys, name);
  if (!is_in_container (metadata))
    return has_dm_uuid (sys, name, uuids[1]) ? g_strdup ("firmware RAID") : NULL;
  /* "external:/md127/0" → the container's own "external:imsm" */
  g_auto (GStrv) parts = g_strsplit (metadata + strlen (EXTERNAL) + 1, "/", -1);
  g_autofree char *container = read_metadata (sys, parts[0]);
  g_autofree char *level = sysfs_read ("%s/class/block/%s/md/level", sys, name);
  g_autofree char *kind =
      g_ascii_strup (container ? container + strlen (EXTERNAL) : "firmware", -1);
  const char *digits = level && g_str_has_prefix (level, "raid") ? level + strlen ("raid") : level;
  return g_strdup_printf ("%s RAID %s", kind, digits ? digits : "");
}
