/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the old hardware in what GRUB's configuration is made of. */
#include "convert.h"
#include "grub-text.h"
#include "kernel-args.h"

#define DEVICE_MAP "/boot/grub/device.map"
#define DEBCONF    "/var/cache/debconf/config.dat"

static gboolean
rewrite_defaults (Convert *c, const char *pattern, GError **error)
{
  g_auto (GStrv) files = convert_glob (c, pattern);
  for (guint i = 0; files[i]; i++) {
    g_autofree char *text = convert_read (c, files[i], error);
    if (!text)
      return FALSE;
    g_autoptr (GPtrArray) changed = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *renamed =
        kernel_args_rewrite_devices (text, convert_argument_name, c, changed);
    g_autofree char *by_uuid = grub_defaults_use_uuid (renamed ? renamed : text);
    if (!renamed && !by_uuid)
      continue;
    if (!convert_write (c, files[i], by_uuid ? by_uuid : renamed, 0644, error))
      return FALSE;
    for (guint j = 0; j < changed->len; j++)
      convert_changed (c, files[i], g_ptr_array_index (changed, j),
                       "The name belongs to the old machine's hardware.");
    if (by_uuid)
      convert_changed (c, files[i], "The root file system is named by its UUID again.",
                       "Its device name belongs to the old machine's hardware.");
    c->grub_stale = TRUE;
  }
  return TRUE;
}

/* GRUB 2 finds disks by itself; an outdated map only misleads grub-install and grub-probe. */
static gboolean
drop_device_map (Convert *c, GError **error)
{
  if (!convert_exists (c, DEVICE_MAP) || !convert_exists (c, "/boot/grub/grub.cfg"))
    return TRUE;
  if (!convert_keep_original (c, DEVICE_MAP, error))
    return FALSE;
  if (guestfs_rm_f (c->g, DEVICE_MAP) < 0)
    return convert_failed (c, "GRUB's device map cannot be removed", error);
  convert_changed (c, DEVICE_MAP, "GRUB's map of devices was removed.",
                   "It names the old disks; GRUB finds the new ones by itself.");
  return TRUE;
}

/* Where package grub-pc installs the boot loader at its next update: with a
 * disk that does not exist, the update stops and asks. */
static gboolean
answer_install_devices (Convert *c, GError **error)
{
  if (c->job->info->uefi || c->job->info->boot_disk < 0 || c->job->info->boot_disk >= 26)
    return TRUE;
  g_autofree char *text = convert_read (c, DEBCONF, error);
  if (!text)
    return FALSE;
  g_autofree char *disk = g_strdup_printf ("/dev/vd%c", 'a' + c->job->info->boot_disk);
  g_autofree char *new = debconf_with_value (text, "grub-pc/install_devices", disk);
  if (!new)
    return TRUE;
  if (!convert_write (c, DEBCONF, new, 0600, error))
    return FALSE;
  g_autofree char *what =
      g_strdup_printf ("Updates of package grub-pc install the boot loader to %s.", disk);
  convert_changed (c, DEBCONF, what,
                   "The disk given before does not exist in the virtual machine.");
  return TRUE;
}

gboolean
step_grub_defaults (Convert *c, GError **error)
{
  return rewrite_defaults (c, "/etc/default/grub", error) &&
         rewrite_defaults (c, "/etc/default/grub.d/*.cfg", error) && drop_device_map (c, error) &&
         answer_install_devices (c, error);
}
