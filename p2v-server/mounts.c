/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert/linux/device-spec.h"
#include "convert/linux/tab.h"
#include "disk-order.h"
#include "mounts.h"
#include "unlock.h"
#include "volumes.h"

/* Where a conversion reads or writes, the appliance's view of the Filesystem
 * Hierarchy Standard.  Longer ones are mounted after those above them. */
static const char *const needed[] = {"/boot", "/usr", "/var", "/etc", "/efi"};

/* Without these the conversion would work in stale files below the mount point. */
static const char *const required[] = {"/boot", "/usr", "/var", "/etc", NULL};

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

gboolean
mount_required (const TabEntry *entry, const char *path)
{
  static const char *const in_memory[] = {"tmpfs", "overlay", "aufs", NULL};
  const char *spec = entry->fields[0], *type = entry->fields[2], *options = entry->fields[3];
  if (!g_strv_contains (required, path) || tab_has_option (options, "noauto") ||
      tab_has_option (options, "nofail") || !type || g_strv_contains (in_memory, type))
    return FALSE;
  g_autoptr (DeviceSpec) parsed = device_spec_parse (spec);
  /* neither a bind mount nor an image file; but a share is */
  return parsed->kind != SPEC_NO_DEVICE || strchr (spec, ':') || g_str_has_prefix (spec, "/dev/");
}

static void
lacks_error (Guest *guest, const TabEntry *entry, const char *path, GError **error)
{
  g_autofree char *spec = g_utf8_make_valid (entry->fields[0], -1);
  g_autofree char *remedy = g_strdup_printf (
      "Choose the disk with %s too (p2v.disks=). If all disks are chosen, start the physical "
      "machine from its own disk, write the UUID that blkid shows into /etc/fstab for %s, and "
      "convert again.",
      path, path);
  p2v_set_error (error, P2V_ERROR_GUEST, remedy,
                 guest->job->disks->len == 1
                     ? "The guest's %s (%s in its /etc/fstab) is not on the chosen disk."
                     : "The guest's %s (%s in its /etc/fstab) is on none of the chosen disks.",
                 path, spec);
}

static gboolean
read_fstab (Guest *guest, const char *text, GError **error)
{
  g_autoptr (GPtrArray) entries = tab_entries (text, 0);
  for (guint i = 0; i < entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (entries, i);
    if (!entry->fields[1] || entry->fields[1][0] != '/' || !strcmp (entry->fields[1], "/") ||
        tab_has_option (entry->fields[3], "bind") || tab_has_option (entry->fields[3], "rbind"))
      continue;
    g_autofree char *path = g_canonicalize_filename (entry->fields[1], "/");
    if (mounts_find (guest, path))
      continue;
    const Volume *volume = volume_find (guest, entry->fields[0], entry->fields[2]);
    if (!volume && mount_required (entry, path)) {
      lacks_error (guest, entry, path, error);
      return FALSE;
    }
    if (!volume)
      continue;
    g_autofree char *options = mount_options (entry->fields[3]);
    add_mount (guest, path, volume->device, options);
  }
  g_ptr_array_sort (guest->mounts, by_path);
  return TRUE;
}

/* What tells about devices, in the root file system. */
static gboolean
read_tables (Guest *guest, char **fstab, GError **error)
{
  const struct {
    const char *path;
    char **text;
  } files[] = {
      {"/etc/fstab", fstab},
      {"/etc/crypttab", &guest->crypttab},
      {"/etc/mdadm/mdadm.conf", &guest->mdadm_conf},
  };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) broken = NULL;
    g_free (*files[i].text);
    *files[i].text = guest_read (guest, files[i].path, &broken);
    if (broken) {
      g_propagate_error (error, g_steal_pointer (&broken));
      return FALSE;
    }
    if (!*files[i].text)
      *files[i].text = g_strdup ("");
  }
  return TRUE;
}

static gboolean
mount_root (Guest *guest, const char *root, GError **error)
{
  if (guestfs_mount_options (guest->g, QUIET, root, "/") == 0)
    return TRUE;
  guest_error (guest, P2V_ERROR_GUEST, "The root file system cannot be mounted", error);
  return FALSE;
}

/* What is mounted keeps the name that it had (proc(5), mounts), and the guest's own tools look
 * for its device by that. */
static gboolean
rename_root (Guest *guest, char **root, GError **error)
{
  if (guest->unlocked->len == 0)
    return TRUE;
  if (guestfs_umount (guest->g, "/") < 0) {
    guest_error (guest, P2V_ERROR_GUEST, "The root file system cannot be unmounted", error);
    return FALSE;
  }
  unlock_rename (guest, root);
  return mount_root (guest, *root, error);
}

gboolean
mounts_enter (Guest *guest, const char *root, GError **error)
{
  if (!mount_root (guest, root, error))
    return FALSE;
  g_ptr_array_set_size (guest->mounts, 0);
  add_mount (guest, "/", root, NULL);
  g_autofree char *fstab = NULL;
  char **device = &((GuestMount *)g_ptr_array_index (guest->mounts, 0))->device;
  if (!read_tables (guest, &fstab, error) || !rename_root (guest, device, error))
    return FALSE;
  root = *device;
  disk_order_find (guest, root, fstab);
  if (!read_fstab (guest, fstab, error))
    return FALSE;
  for (guint i = 0; i < guest->mounts->len; i++) {
    const GuestMount *mount = g_ptr_array_index (guest->mounts, i);
    if (!is_needed (mount->path))
      continue;
    g_autofree char *options = g_strjoin (",", QUIET, mount->options, NULL);
    if (guestfs_mount_options (guest->g, options, mount->device, mount->path) < 0) {
      g_autofree char *what = g_strdup_printf (N_ ("%s of the guest (%s) cannot be mounted"),
                                               mount->path, mount->device);
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

const GuestMount *
mounts_esp (Guest *guest)
{
  static const char *const places[] = {"/boot/efi", "/efi"};
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    const GuestMount *mount = mounts_find (guest, places[i]);
    if (mount)
      return mount;
  }
  const GuestMount *boot = mounts_find (guest, "/boot");
  const Volume *volume = boot ? volume_of_device (guest, boot->device) : NULL;
  return volume && !g_strcmp0 (volume->type, "vfat") ? boot : NULL;
}
