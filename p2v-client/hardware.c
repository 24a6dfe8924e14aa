/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hardware.h"
#include "devices.h"
#include "disk-volume.h"
#include "smart.h"
#include "sysfs.h"
#include "udev.h"
#include "words.h"
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SYS     "/sys"
#define PCI_IDS "/usr/share/misc/pci.ids"

static void
note_free (gpointer data)
{
  HardwareNote *note = data;
  g_free (note->text);
  g_free (note->remedy);
  g_free (note);
}

/* Owns TEXT. */
static void
add (GPtrArray *notes, char *text, const char *remedy)
{
  HardwareNote *note = g_new (HardwareNote, 1);
  *note = (HardwareNote){text, g_strdup (remedy)};
  g_ptr_array_add (notes, note);
}

GPtrArray *
hardware_drivers (void)
{
  GPtrArray *notes = g_ptr_array_new_with_free_func (note_free);
  struct utsname system;
  (void)uname (&system);
  g_autofree char *aliases = g_strdup_printf ("/lib/modules/%s/modules.alias", system.release);
  /* Where modules cannot be looked up nothing is known of what could be loaded. */
  if (access (aliases, R_OK) != 0)
    return notes;
  g_autoptr (GPtrArray) devices = devices_without_driver (SYS, aliases, PCI_IDS);
  for (guint i = 0; i < devices->len; i++) {
    const Device *device = g_ptr_array_index (devices, i);
    const char *name = device->name ? device->name : device->slot;
    if (device->kind == DEVICE_STORAGE)
      add (notes,
           g_strdup_printf (_ ("This disk controller (%s, %s) has no driver here."), device->ids,
                            name),
           _ ("Disks behind it are not seen. An image with a newer kernel may have a driver."));
    else
      add (
          notes,
          g_strdup_printf (_ ("This network card (%s, %s) has no driver here."), device->ids, name),
          _ ("It cannot be used. An image with a newer kernel may have a driver."));
  }
  return notes;
}

char *
hardware_drivers_text (char **remedy)
{
  g_autoptr (GPtrArray) notes = hardware_drivers ();
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < notes->len; i++) {
    const HardwareNote *note = g_ptr_array_index (notes, i);
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", note->text);
    if (i == 0)
      *remedy = g_strdup (note->remedy);
  }
  return notes->len > 0 ? g_strdup (text->str) : NULL;
}

static const char *
short_name (const char *device)
{
  return g_str_has_prefix (device, "/dev/") ? device + strlen ("/dev/") : device;
}

static void
add_health (GPtrArray *notes, const char *name)
{
  g_autofree char *node = g_strdup_printf ("/dev/%s", name);
  SmartHealth health;
  struct stat st;
  if (stat (node, &st) != 0 || !S_ISBLK (st.st_mode) || !smart_read (node, &health))
    return;
  if (health.failing)
    add (notes, g_strdup_printf (_ ("Disk %s says of itself that it is failing (SMART)."), name),
         _ ("Convert it soon, and keep a backup at hand."));
  if (health.unreadable > 0)
    add (notes,
         g_strdup_printf (P_ ("Disk %s has reported %u place that it cannot read (SMART).",
                              "Disk %s has reported %u places that it cannot read (SMART).",
                              (gulong)health.unreadable),
                          name, (guint)MIN (health.unreadable, G_MAXUINT)),
         _ ("If data lies there the copy stops and asks; with p2v.badblocks=zero it goes on with "
            "zeroes."));
}

static void
add_degraded (GPtrArray *notes, const char *name)
{
  gint64 missing = sysfs_read_int (0, SYS "/class/block/%s/md/degraded", name);
  if (missing > 0)
    add (notes,
         g_strdup_printf (P_ ("RAID %s runs without %u of its disks.",
                              "RAID %s runs without %u of its disks.", (gulong)missing),
                          name, (guint)missing),
         _ ("What it holds can still be read; replace the disk soon or convert now."));
}

/* udev's word for what the disk holds as a whole; NULL for an ordinary one. */
static char *
read_firmware_raid (const char *device)
{
  static const char *const kinds[] = {"isw_raid_member",
                                      "ddf_raid_member",
                                      "adaptec_raid_member",
                                      "hpt37x_raid_member",
                                      "hpt45x_raid_member",
                                      "jmicron_raid_member",
                                      "via_raid_member",
                                      "lsi_mega_raid_member",
                                      "nvidia_raid_member",
                                      "silicon_medley_raid_member",
                                      "promise_fasttrack_raid_member",
                                      NULL};
  struct stat st;
  if (stat (device, &st) != 0 || !S_ISBLK (st.st_mode))
    return NULL;
  g_autoptr (Udev) udev = udev_new ();
  g_autoptr (UdevDevice) disk = udev_device_new_from_devnum (udev, 'b', st.st_rdev);
  const char *type = disk ? udev_device_get_property_value (disk, "ID_FS_TYPE") : NULL;
  return type && g_strv_contains (kinds, type) ? g_strdup (type) : NULL;
}

/* Arrays that Linux itself would run. */
static void
add_arrays (GPtrArray *notes)
{
  g_autoptr (GDir) dir = g_dir_open (SYS "/class/block", 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, "md"))
      add_degraded (notes, name);
}

GPtrArray *
hardware_disks (const P2vMachine *machine)
{
  GPtrArray *notes = g_ptr_array_new_with_free_func (note_free);
  add_arrays (notes);
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    const char *name = short_name (disk->device);
    g_autofree char *raid = read_firmware_raid (disk->device);
    if (raid)
      add (notes,
           g_strdup_printf (
               _ ("Disk %s belongs to a firmware's RAID (%s) that could not be put together."),
               name, raid),
           _ ("It is converted as a disk by itself. Leave it out if the old system never saw it "
              "so."));
    if (!disk_volume_is (SYS, name)) {
      add_health (notes, name);
      continue;
    }
    g_auto (GStrv) members = disk_volume_members (SYS, name);
    gboolean paths = disk_volume_is_multipath (SYS, name);
    for (guint j = 0; members[j] && (j == 0 || !paths); j++)
      add_health (notes, members[j]);
  }
  return notes;
}
