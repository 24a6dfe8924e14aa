/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stick-list.h"
#include "stick.h"
#include "udev.h"

static void
choice_free (gpointer data)
{
  StickChoice *choice = data;
  g_free (choice->device);
  g_free (choice->words);
  g_free (choice);
}

static gboolean
is_of_machine (const P2vMachine *machine, const char *disk)
{
  for (guint i = 0; machine && i < machine->disks->len; i++)
    if (g_str_equal (((const P2vDisk *)g_ptr_array_index (machine->disks, i))->device, disk))
      return TRUE;
  return FALSE;
}

/* The image's own stick has an EFI partition, which is FAT, too. */
static gboolean
is_boot_medium (UdevDevice *disk)
{
  return g_strcmp0 (udev_device_get_property_value (disk, "ID_FS_TYPE"), "iso9660") == 0;
}

static char *
describe (UdevDevice *device, UdevDevice *disk)
{
  const char *model = udev_device_get_property_value (disk, "ID_MODEL");
  const char *label = udev_device_get_property_value (device, "ID_FS_LABEL");
  const char *sectors = udev_device_get_sysattr_value (device, "size"); /* of 512 bytes */
  g_autofree char *size = g_format_size_full (
      sectors ? g_ascii_strtoull (sectors, NULL, 10) * 512 : 0, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *named = label ? g_strdup_printf (" “%s”", label) : g_strdup ("");
  return g_strdup_printf ("%s  %s%s  %s", udev_device_get_sysname (device), model ? model : "USB",
                          named, size);
}

static GPtrArray *
list_types (const char *const *types, const P2vMachine *machine)
{
  GPtrArray *sticks = g_ptr_array_new_with_free_func (choice_free);
  g_autoptr (Udev) udev = udev_new ();
  g_autoptr (UdevEnumerate) list = udev_enumerate_new (udev);
  udev_enumerate_add_match_subsystem (list, "block");
  for (guint i = 0; types[i]; i++) /* any of them */
    udev_enumerate_add_match_property (list, "ID_FS_TYPE", types[i]);
  udev_enumerate_scan_devices (list);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (list))
  {
    g_autoptr (UdevDevice) device =
        udev_device_new_from_syspath (udev, udev_list_entry_get_name (entry));
    /* Borrowed from its child; a stick without partitions is its own. */
    UdevDevice *parent =
        device ? udev_device_get_parent_with_subsystem_devtype (device, "block", "disk") : NULL;
    UdevDevice *disk = parent ? parent : device;
    const char *node = disk ? udev_device_get_devnode (disk) : NULL;
    if (!node || !udev_device_get_devnode (device) || !stick_is_pluggable (node) ||
        is_boot_medium (disk) || is_of_machine (machine, node))
      continue;
    StickChoice *choice = g_new (StickChoice, 1);
    *choice = (StickChoice){g_strdup (udev_device_get_devnode (device)), describe (device, disk)};
    g_ptr_array_add (sticks, choice);
  }
  return sticks;
}

GPtrArray *
stick_list (const P2vMachine *machine)
{
  static const char *const types[] = {"vfat", NULL};
  return list_types (types, machine);
}

GPtrArray *
stick_list_readable (void)
{
  g_auto (GStrv) types = stick_types ();
  return list_types ((const char *const *)types, NULL);
}
