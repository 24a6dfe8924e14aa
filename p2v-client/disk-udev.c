/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk-udev.h"
#include "disk-table.h"
#include "disk-volume.h"
#include "sysfs.h"
#include <stdlib.h>
#include <string.h>

/* iso/build.sh names the image's file system so. */
#define BOOT_LABEL "P2V"
#define SYS        "/sys"

static const char *
property (UdevDevice *device, const char *name)
{
  return udev_device_get_property_value (device, name);
}

static guint64
attribute (UdevDevice *device, const char *name, guint64 fallback)
{
  const char *value = udev_device_get_sysattr_value (device, name);
  return value ? g_ascii_strtoull (value, NULL, 10) : fallback;
}

static gboolean
has_prefix (const char *name, const char *const *prefixes)
{
  for (guint i = 0; prefixes[i]; i++)
    if (g_str_has_prefix (name, prefixes[i]))
      return TRUE;
  return FALSE;
}

/* udev's ID_BUS is not set for every kind; the name says the rest. */
static const char *
bus_of (UdevDevice *device)
{
  static const char *const by_name[][2] = {{"nvme", "nvme"},  {"vd", "virtio"},   {"xvd", "xen"},
                                           {"mmcblk", "mmc"}, {"cciss", "cciss"}, {"hd", "ata"},
                                           {"loop", "loop"},  {"sd", "scsi"}};
  const char *bus = property (device, "ID_BUS");
  const char *name = udev_device_get_sysname (device);
  for (guint i = 0; !bus && i < G_N_ELEMENTS (by_name); i++)
    if (g_str_has_prefix (name, by_name[i][0]))
      bus = by_name[i][1];
  return bus;
}

/* sysfs keeps the blanks that udev's ID_MODEL replaces. */
static char *
model_of (UdevDevice *device)
{
  const char *path = udev_device_get_syspath (device);
  char *model = sysfs_read ("%s/device/model", path);
  return model ? model : g_strdup (property (device, "ID_MODEL"));
}

static char *
wwn_of (UdevDevice *device)
{
  const char *wwn = property (device, "ID_WWN");
  if (!wwn)
    wwn = udev_device_get_sysattr_value (device, "wwid");
  if (!wwn)
    return NULL;
  /* NVMe and SCSI in sysfs: a prefix for the kind, then the same digits. */
  if (g_str_has_prefix (wwn, "eui.") || g_str_has_prefix (wwn, "naa."))
    return g_strdup_printf ("0x%s", wwn + 4);
  return g_str_has_prefix (wwn, "0x") ? g_strdup (wwn) : NULL;
}

/* NODE: what the links lead to. */
static void
add_links (UdevDevice *device, const char *node, GPtrArray *links)
{
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_device_get_devlinks_list_entry (device))
  {
    const char *link = udev_list_entry_get_name (entry);
    /* by-diskseq counts the disks since boot: nobody configures that. */
    if (g_str_has_prefix (link, "/dev/disk/by-") &&
        !g_str_has_prefix (link, "/dev/disk/by-diskseq/"))
      g_ptr_array_add (links, g_strdup_printf ("%s %s", link, node));
  }
}

/* The disk's partitions, or all block devices when PARENT is NULL. */
static UdevEnumerate *
enumerate (Udev *udev, UdevDevice *parent)
{
  UdevEnumerate *list = udev_enumerate_new (udev);
  udev_enumerate_add_match_subsystem (list, "block");
  if (parent) {
    udev_enumerate_add_match_parent (list, parent);
    udev_enumerate_add_match_property (list, "DEVTYPE", "partition");
  } else {
    udev_enumerate_add_match_property (list, "DEVTYPE", "disk");
  }
  udev_enumerate_scan_devices (list);
  return list;
}

/* The names of DEVICE and of its partitions, as names of NODE and of its partitions: for a
 * disk its own, for the members of a volume the volume's. */
static void
add_all_links (Udev *udev, UdevDevice *device, const char *node, GPtrArray *links)
{
  add_links (device, node, links);
  g_autoptr (UdevEnumerate) parts = enumerate (udev, device);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (parts))
  {
    g_autoptr (UdevDevice) part =
        udev_device_new_from_syspath (udev, udev_list_entry_get_name (entry));
    const char *number = part ? udev_device_get_sysnum (part) : NULL;
    if (!number)
      continue;
    gboolean digit = g_ascii_isdigit (node[strlen (node) - 1]);
    g_autofree char *part_node = g_strdup_printf ("%s%s%s", node, digit ? "p" : "", number);
    add_links (part, part_node, links);
  }
}

/* One disk by several paths is what each of its paths says; the volume of a fake RAID has
 * no serial number, and its members' do not belong to it. */
static void
describe_volume (Udev *udev, const char *name, P2vDisk *disk)
{
  g_auto (GStrv) members = disk_volume_members (SYS, name);
  g_autoptr (UdevDevice) first =
      members[0] ? udev_device_new_from_subsystem_sysname (udev, "block", members[0]) : NULL;
  disk->model = disk_volume_model (SYS, name);
  disk->bus = g_strdup (first ? bus_of (first) : NULL);
  disk->rotational = first && attribute (first, "queue/rotational", 0) != 0;
  if (!first || !disk_volume_is_multipath (SYS, name))
    return;
  disk->model = model_of (first);
  disk->serial = g_strdup (property (first, "ID_SERIAL_SHORT"));
  disk->wwn = wwn_of (first);
  for (guint i = 0; members[i]; i++) {
    g_autoptr (UdevDevice) path =
        udev_device_new_from_subsystem_sysname (udev, "block", members[i]);
    if (path)
      add_all_links (udev, path, disk->device, disk->links);
  }
}

static P2vDisk *
describe (Udev *udev, UdevDevice *device)
{
  P2vDisk *disk = p2v_disk_new ();
  const char *name = udev_device_get_sysname (device);
  disk->device = g_strdup (udev_device_get_devnode (device));
  disk->table_uuid = disk_table_uuid (disk->device);
  disk->size = attribute (device, "size", 0) * 512; /* whatever the disk's own sector size */
  disk->logical_block_size = (guint32)attribute (device, "queue/logical_block_size", 512);
  disk->physical_block_size = (guint32)attribute (device, "queue/physical_block_size", 512);
  add_all_links (udev, device, disk->device, disk->links);
  if (disk_volume_is (SYS, name)) {
    describe_volume (udev, name, disk);
    return disk;
  }
  disk->model = model_of (device);
  disk->serial = g_strdup (property (device, "ID_SERIAL_SHORT"));
  disk->wwn = wwn_of (device);
  disk->bus = g_strdup (bus_of (device));
  disk->rotational = attribute (device, "queue/rotational", 0) != 0;
  return disk;
}

static gboolean
is_boot_file_system (UdevDevice *device)
{
  return g_strcmp0 (property (device, "ID_FS_TYPE"), "iso9660") == 0 &&
         g_strcmp0 (property (device, "ID_FS_LABEL"), BOOT_LABEL) == 0;
}

static gboolean
is_boot_medium (Udev *udev, UdevDevice *device)
{
  if (is_boot_file_system (device))
    return TRUE;
  g_autoptr (UdevEnumerate) parts = enumerate (udev, device);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (parts))
  {
    g_autoptr (UdevDevice) part =
        udev_device_new_from_syspath (udev, udev_list_entry_get_name (entry));
    if (part && is_boot_file_system (part))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_own_disk (Udev *udev, UdevDevice *device)
{
  static const char *const others[] = {"loop", "ram", "zram", "sr",  "fd", "dm-",
                                       "md",   "nbd", "rbd",  "mtd", NULL};
  const char *name = udev_device_get_sysname (device);
  /* mmcblk0boot0, mmcblk0rpmb: areas of their own beside the disk. */
  if (disk_volume_hides (SYS, name) || (has_prefix (name, others) && !disk_volume_is (SYS, name)) ||
      (g_str_has_prefix (name, "mmcblk") && (strstr (name, "boot") || strstr (name, "rpmb"))))
    return FALSE;
  return attribute (device, "size", 0) > 0 && attribute (device, "removable", 0) == 0 &&
         attribute (device, "hidden", 0) == 0 && udev_device_get_devnode (device) &&
         !is_boot_medium (udev, device);
}

typedef struct {
  char *place; /* in /sys/devices */
  P2vDisk *disk;
} Found;

static void
found_free (gpointer data)
{
  Found *found = data;
  g_free (found->place);
  g_free (found);
}

/* A volume is where its first member is. */
static char *
place_of (Udev *udev, UdevDevice *device)
{
  const char *name = udev_device_get_sysname (device);
  g_auto (GStrv) members = disk_volume_is (SYS, name) ? disk_volume_members (SYS, name) : NULL;
  g_autoptr (UdevDevice) first =
      members && members[0] ? udev_device_new_from_subsystem_sysname (udev, "block", members[0])
                            : NULL;
  return g_strdup (udev_device_get_syspath (first ? first : device));
}

/* By where they are plugged in: the kernel looks for disks on all ports at once, and
 * which of them becomes sda may change with every boot.  Numbers in a place (port 2,
 * port 10) count as numbers.  Memory cards last, because a server's system is hardly
 * ever on one. */
static gint
compare_places (gconstpointer a, gconstpointer b)
{
  const Found *left = *(Found *const *)a, *right = *(Found *const *)b;
  gboolean left_card = strstr (left->disk->device, "/mmcblk") != NULL,
           right_card = strstr (right->disk->device, "/mmcblk") != NULL;
  if (left_card != right_card)
    return left_card - right_card;
  return strverscmp (left->place, right->place);
}

GPtrArray *
disk_udev_list (Udev *udev)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (found_free);
  g_autoptr (UdevEnumerate) list = enumerate (udev, NULL);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (list))
  {
    g_autoptr (UdevDevice) device =
        udev_device_new_from_syspath (udev, udev_list_entry_get_name (entry));
    if (!device || !is_own_disk (udev, device))
      continue;
    Found *found = g_new (Found, 1);
    *found = (Found){place_of (udev, device), describe (udev, device)};
    g_ptr_array_add (all, found);
  }
  g_ptr_array_sort (all, compare_places);
  GPtrArray *disks = g_ptr_array_new ();
  for (guint i = 0; i < all->len; i++)
    g_ptr_array_add (disks, ((Found *)g_ptr_array_index (all, i))->disk);
  return disks;
}

P2vDisk *
disk_udev_open (Udev *udev, dev_t number)
{
  g_autoptr (UdevDevice) device = udev_device_new_from_devnum (udev, 'b', number);
  if (!device || g_strcmp0 (udev_device_get_devtype (device), "disk") != 0)
    return NULL;
  return describe (udev, device);
}

GPtrArray *
disk_udev_removable (Udev *udev)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (UdevEnumerate) list = enumerate (udev, NULL);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (list))
  {
    g_autofree char *name = g_path_get_basename (udev_list_entry_get_name (entry));
    if ((g_str_has_prefix (name, "sr") || g_str_has_prefix (name, "fd")) &&
        g_ascii_isdigit (name[2]))
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  return names;
}
