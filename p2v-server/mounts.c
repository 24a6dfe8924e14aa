/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert/linux/tab.h"
#include "mounts.h"
#include "volumes.h"

/* Where a conversion reads or writes, the appliance's view of the Filesystem
 * Hierarchy Standard.  Longer ones are mounted after those above them. */
static const char *const needed[] = {"/boot", "/usr", "/var", "/etc"};

/* Reading leaves no trace: the guest's times of last access are its own, and
 * every change of them would be one more block of the overlay. */
#define QUIET "noatime"

void
guest_mount_free (GuestMount *mount)
{
  if (!mount)
    return;
  g_free (mount->path);
  g_free (mount->device);
  g_free (mount->options);
  g_free (mount);
}

static gboolean
is_needed (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    gsize length = strlen (needed[i]);
    if (g_str_has_prefix (path, needed[i]) && (!path[length] || path[length] == '/'))
      return TRUE;
  }
  return FALSE;
}

/* Only options that say which part of a volume is meant. */
static char *
mount_options (const char *fstab)
{
  g_auto (GStrv) options = g_strsplit (fstab ? fstab : "", ",", -1);
  for (guint i = 0; options[i]; i++)
    if (g_str_has_prefix (options[i], "subvol=") || g_str_has_prefix (options[i], "subvolid="))
      return g_strdup (options[i]);
  return NULL;
}

static void
add_mount (Guest *guest, const char *path, const char *device, const char *options)
{
  GuestMount *mount = g_new0 (GuestMount, 1);
  mount->path = g_strdup (path);
  mount->device = g_strdup (device);
  mount->options = g_strdup (options);
  g_ptr_array_add (guest->mounts, mount);
}

/* By depth, so that each mount point is there when its turn comes. */
static gint
by_path (gconstpointer a, gconstpointer b)
{
  const GuestMount *const *first = a, *const *second = b;
  return strcmp ((*first)->path, (*second)->path);
}

static void
read_fstab (Guest *guest, const char *text)
{
  g_autoptr (GPtrArray) entries = tab_entries (text, 0);
  for (guint i = 0; i < entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (entries, i);
    const char *path = entry->fields[1];
    if (!path || path[0] != '/' || !strcmp (path, "/") || mounts_find (guest, path) ||
        tab_has_option (entry->fields[3], "bind"))
      continue;
    const Volume *volume = volume_find (guest, entry->fields[0], entry->fields[2]);
    if (!volume)
      continue;
    g_autofree char *options = mount_options (entry->fields[3]);
    add_mount (guest, path, volume->device, options);
  }
  g_ptr_array_sort (guest->mounts, by_path);
}

gboolean
mounts_enter (Guest *guest, const char *root, GError **error)
{
  if (guestfs_mount_options (guest->g, QUIET, root, "/") < 0) {
    guest_error (guest, P2V_ERROR_GUEST, "The root file system cannot be mounted", error);
    return FALSE;
  }
  g_ptr_array_set_size (guest->mounts, 0);
  add_mount (guest, "/", root, NULL);
  g_autoptr (GError) broken = NULL;
  g_autofree char *fstab = guest_read (guest, "/etc/fstab", &broken);
  if (broken) {
    g_propagate_error (error, g_steal_pointer (&broken));
    return FALSE;
  }
  if (fstab)
    read_fstab (guest, fstab);
  for (guint i = 0; i < guest->mounts->len; i++) {
    const GuestMount *mount = g_ptr_array_index (guest->mounts, i);
    if (!is_needed (mount->path))
      continue;
    g_autofree char *options = g_strjoin (",", QUIET, mount->options, NULL);
    if (guestfs_mount_options (guest->g, options, mount->device, mount->path) < 0) {
      g_autofree char *what =
          g_strdup_printf ("%s of the guest (%s) cannot be mounted", mount->path, mount->device);
      guest_error (guest, P2V_ERROR_GUEST, what, error);
      return FALSE;
    }
  }
  return TRUE;
}

const GuestMount *
mounts_find (Guest *guest, const char *path)
{
  for (guint i = 0; i < guest->mounts->len; i++) {
    const GuestMount *mount = g_ptr_array_index (guest->mounts, i);
    if (!strcmp (mount->path, path))
      return mount;
  }
  return NULL;
}
