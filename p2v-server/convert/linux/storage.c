/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LVM and MD find their members by what is on them, unless somebody told them
 * to look at certain hardware only. */
#include "convert.h"
#include "settings-text.h"

#define LVM_CONF    "/etc/lvm/lvm.conf"
#define LVM_DEVICES "/etc/lvm/devices/system.devices"
#define MDADM_CONF  "/etc/mdadm/mdadm.conf"

/* LVM's list of devices names serial numbers and WWNs: with it, LVM would see
 * none of its physical volumes.  Without it, all are used. */
static gboolean
drop_devices_file (Convert *c, GError **error)
{
  if (!convert_exists (c, LVM_DEVICES))
    return TRUE;
  if (!convert_keep_original (c, LVM_DEVICES, error))
    return FALSE;
  if (guestfs_rm_f (c->g, LVM_DEVICES) < 0)
    return convert_failed (c, "LVM's list of devices cannot be removed", error);
  convert_changed (c, LVM_DEVICES, "LVM's list of devices was removed.",
                   "It names the old disks; LVM would not find its physical volumes.");
  c->initrd_stale = TRUE;
  return TRUE;
}

/* Blocks of device names that old LVM and libblkid kept; made again by themselves. */
static gboolean
drop_caches (Convert *c, GError **error)
{
  static const char *const caches[] = {"/etc/lvm/cache/.cache", "/etc/blkid.tab",
                                       "/etc/blkid/blkid.tab"};
  for (guint i = 0; i < G_N_ELEMENTS (caches); i++) {
    if (!convert_exists (c, caches[i]))
      continue;
    if (guestfs_rm_f (c->g, caches[i]) < 0)
      return convert_failed (c, "A list of old devices cannot be removed", error);
    convert_changed (c, caches[i], "The list of devices found earlier was removed.",
                     "It names the old disks; it is made again by itself.");
  }
  return TRUE;
}

static gboolean
edit (Convert *c, const char *path, char *(*change) (const char *), const char *what,
      GError **error)
{
  g_autofree char *text = convert_read (c, path, error);
  if (!text)
    return FALSE;
  g_autofree char *new = change (text);
  if (!new)
    return TRUE;
  if (!convert_write (c, path, new, 0644, error))
    return FALSE;
  convert_changed (c, path, what, "It names the old machine's disks, which do not exist any more.");
  c->initrd_stale = TRUE;
  return TRUE;
}

gboolean
step_storage (Convert *c, GError **error)
{
  return drop_devices_file (c, error) && drop_caches (c, error) &&
         edit (c, LVM_CONF, lvm_conf_without_filters, "A filter for devices was commented out.",
               error) &&
         edit (c, MDADM_CONF, mdadm_conf_any_device,
               "DEVICE now lets mdadm look at all partitions.", error);
}
