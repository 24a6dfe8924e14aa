/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks are converted. */
#include "inventory.h"
#include "common/error.h"
#include "disk-table.h"
#include "disk-udev.h"
#include "stick.h"
#include "sysfs.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* "sda (500.1 GB, ST3500418AS), sdb (…)", for messages. */
static char *
describe_all (GPtrArray *disks)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (disks, i);
    g_autofree char *size = g_format_size (disk->size);
    const char *name = disk->device;
    if (g_str_has_prefix (name, "/dev/"))
      name += strlen ("/dev/");
    g_string_append_printf (out, "%s%s (%s%s%s)", i ? ", " : "", name, size,
                            disk->model ? ", " : "", disk->model ? disk->model : "");
  }
  return g_string_free (out, FALSE);
}

/* WORD cannot be used because of WHY. */
static gboolean
refuse (GPtrArray *present, const char *word, const char *why, GError **error)
{
  g_autofree char *names = describe_all (present);
  g_autofree char *remedy =
      present->len > 0
          ? g_strdup_printf ("Correct p2v.disks=; the disks of this machine are: %s.", names)
          : g_strdup ("Correct p2v.disks=; no disk was found on this machine, so check with lsblk "
                      "whether its controller's driver is loaded.");
  p2v_set_error (error, P2V_ERROR_DISK, remedy, "The disk %s of p2v.disks= %s.", word, why);
  return FALSE;
}

static P2vDisk *
describe_image (const char *path, const struct stat *st)
{
  P2vDisk *disk = p2v_disk_new ();
  disk->device = g_canonicalize_filename (path, NULL);
  disk->bus = g_strdup ("file");
  disk->size = (guint64)st->st_size;
  disk->table_uuid = disk_table_uuid (disk->device);
  return disk;
}

/* A kernel name, or a path to a device or an image file. */
static gboolean
add_disk (P2vMachine *machine, Udev *udev, GPtrArray *present, const char *word, GError **error)
{
  g_autofree char *node =
      g_str_has_prefix (word, "/") ? g_strdup (word) : g_build_filename ("/dev", word, NULL);
  struct stat st;
  int found = stat (node, &st);
  if (found != 0 && errno == ENOENT && strchr (word, '/')) {
    /* A path relative to here; kernel names with a slash (cciss/c0d0) came first. */
    g_free (node);
    node = g_strdup (word);
    found = stat (node, &st);
  }
  if (found != 0)
    return refuse (present, word, errno == ENOENT ? "does not exist" : g_strerror (errno), error);

  P2vDisk *disk = NULL;
  if (S_ISBLK (st.st_mode))
    disk = disk_udev_open (udev, st.st_rdev);
  else if (S_ISREG (st.st_mode))
    disk = describe_image (node, &st);
  if (!disk)
    return refuse (present, word, "is not a whole disk", error);
  g_ptr_array_add (machine->disks, disk);
  if (disk->size == 0 || disk->size % 512 != 0)
    return refuse (present, word, "is empty, or its size is not a multiple of 512 bytes", error);
  for (guint i = 0; i + 1 < machine->disks->len; i++) {
    const P2vDisk *other = g_ptr_array_index (machine->disks, i);
    if (g_str_equal (other->device, disk->device))
      return refuse (present, word, "stands there twice, under two names", error);
  }
  return TRUE;
}

static gboolean
fill_removable (P2vMachine *machine, Udev *udev, const Settings *settings, GError **error)
{
  g_autoptr (GPtrArray) present = disk_udev_removable (udev);
  g_auto (GStrv) wanted = settings_get_list (settings, SETTING_removable);
  if (!wanted)
    g_ptr_array_extend_and_steal (machine->removable, g_steal_pointer (&present));
  for (guint i = 0; wanted && wanted[i]; i++) {
    if (!g_ptr_array_find_with_equal_func (present, wanted[i], g_str_equal, NULL)) {
      p2v_set_error (error, P2V_ERROR_DISK,
                     "Correct p2v.removable=, or leave it out for all there are.",
                     "The drive %s of p2v.removable= does not exist.", wanted[i]);
      return FALSE;
    }
    g_ptr_array_add (machine->removable, g_strdup (wanted[i]));
  }
  return TRUE;
}

/* What an administrator has plugged in for p2v itself is not converted, unless p2v.disks names
 * it: from DISKS to OTHERS. */
static void
leave_out_stick (GPtrArray *disks, GPtrArray *others, const char *place)
{
  if (!place || !g_str_has_prefix (place, "LABEL="))
    return;
  g_autofree char *label = g_strdup (place + strlen ("LABEL="));
  g_autofree char *stick = stick_disk (g_strdelimit (label, ":", '\0'));
  for (guint i = 0; stick && i < disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (disks, i);
    if (!g_str_equal (disk->device, stick))
      continue;
    g_ptr_array_add (others, g_ptr_array_steal_index (disks, i));
    return;
  }
}

gboolean
disks_fill (P2vMachine *machine, const Settings *settings, GError **error)
{
  g_autoptr (Udev) udev = udev_new ();
  g_autoptr (GPtrArray) present = disk_udev_list (udev);
  g_auto (GStrv) wanted = settings_get_list (settings, SETTING_disks);
  /* A list that owns its disks, for those that are not wanted. */
  g_autoptr (P2vMachine) rest = p2v_machine_new ();
  gboolean ok = TRUE;
  for (guint i = 0; ok && wanted && wanted[i]; i++)
    ok = add_disk (machine, udev, present, wanted[i], error);
  leave_out_stick (present, rest->disks, settings_get (settings, SETTING_config));
  g_auto (GStrv) logs = settings_get_list (settings, SETTING_log);
  for (guint i = 0; logs && logs[i]; i++)
    leave_out_stick (present, rest->disks, logs[i]);
  if (ok && !wanted && present->len == 0) {
    p2v_set_error (error, P2V_ERROR_DISK,
                   "Check with lsblk whether the driver of its controller is loaded, or name a "
                   "disk with p2v.disks=.",
                   "No fixed disk was found on this machine.");
    ok = FALSE;
  }
  g_ptr_array_extend_and_steal (wanted ? rest->disks : machine->disks, g_steal_pointer (&present));
  return ok && fill_removable (machine, udev, settings, error);
}

guint64
disks_bytes_read (const char *device)
{
  struct stat st;
  if (stat (device, &st) != 0 || !S_ISBLK (st.st_mode))
    return 0;
  g_autofree char *text =
      sysfs_read ("/sys/dev/block/%u:%u/stat", major (st.st_rdev), minor (st.st_rdev));
  g_auto (GStrv) fields = g_strsplit_set (text ? text : "", " \t", -1);
  guint number = 0;
  for (guint i = 0; fields[i]; i++)
    if (*fields[i] && ++number == 3)
      return g_ascii_strtoull (fields[i], NULL, 10) * 512;
  return 0;
}
