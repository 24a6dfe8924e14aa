/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contents.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "udev.h"

#define SUPERBLOCK 4096

static guint32
le32 (const guint8 *p)
{
  guint32 value;
  memcpy (&value, p, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
be64 (const guint8 *p)
{
  guint64 value;
  memcpy (&value, p, sizeof value);
  return GUINT64_FROM_BE (value);
}

/* Kernel, Documentation/filesystems/ext4/super.rst: the block begins at 1024. */
static gint64
ext_used (const guint8 *block)
{
  const guint8 *s = block + 1024;
  gboolean wide = (le32 (s + 0x60) & 0x80) != 0; /* INCOMPAT_64BIT */
  guint64 all = le32 (s + 0x04) | (wide ? (guint64)le32 (s + 0x150) << 32 : 0);
  guint64 free = le32 (s + 0x0c) | (wide ? (guint64)le32 (s + 0x158) << 32 : 0);
  guint32 shift = le32 (s + 0x18);
  if (s[0x38] != 0x53 || s[0x39] != 0xef || shift > 6 || free > all || all > G_MAXUINT32 * 256ull)
    return -1;
  return (gint64)((all - free) << (10 + shift));
}

/* xfs_format.h, struct xfs_dsb: blocks, size of one, free ones. */
static gint64
xfs_used (const guint8 *s)
{
  guint32 size;
  memcpy (&size, s + 4, sizeof size);
  size = GUINT32_FROM_BE (size);
  guint64 all = be64 (s + 8), free = be64 (s + 144);
  if (memcmp (s, "XFSB", 4) != 0 || size < 512 || size > 65536 || free > all || all > 1ull << 46)
    return -1;
  return (gint64)((all - free) * size);
}

gint64
contents_used (const char *type, const guint8 *superblock)
{
  if (!type)
    return -1;
  if (g_str_has_prefix (type, "ext"))
    return ext_used (superblock);
  if (g_str_equal (type, "xfs"))
    return xfs_used (superblock);
  return g_str_equal (type, "swap") ? 0 : -1;
}

static gint64
read_used (const char *device, const char *type)
{
  guint8 block[SUPERBLOCK];
  int fd = open (device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gboolean ok = fd >= 0 && pread (fd, block, sizeof block, 0) == (ssize_t)sizeof block;
  if (fd >= 0)
    close (fd);
  return ok ? contents_used (type, block) : -1;
}

static void
part_free (gpointer data)
{
  ContentsPart *part = data;
  g_free (part->device);
  g_free (part->type);
  g_free (part->label);
  g_free (part);
}

static void
add_part (GPtrArray *parts, UdevDevice *device)
{
  const char *node = udev_device_get_devnode (device);
  const char *size = udev_device_get_sysattr_value (device, "size");
  if (!node)
    return;
  ContentsPart *part = g_new0 (ContentsPart, 1);
  part->device = g_strdup (node);
  part->size = size ? g_ascii_strtoull (size, NULL, 10) * 512 : 0;
  part->type = g_strdup (udev_device_get_property_value (device, "ID_FS_TYPE"));
  part->label = g_strdup (udev_device_get_property_value (device, "ID_FS_LABEL"));
  part->used = part->type ? read_used (node, part->type) : -1;
  g_ptr_array_add (parts, part);
}

GPtrArray *
contents_read (const P2vDisk *disk)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func (part_free);
  struct stat st;
  if (stat (disk->device, &st) != 0 || !S_ISBLK (st.st_mode))
    return parts;
  g_autoptr (Udev) udev = udev_new ();
  g_autoptr (UdevDevice) whole = udev_device_new_from_devnum (udev, 'b', st.st_rdev);
  if (!whole)
    return parts;
  g_autoptr (UdevEnumerate) list = udev_enumerate_new (udev);
  udev_enumerate_add_match_subsystem (list, "block");
  udev_enumerate_add_match_parent (list, whole);
  udev_enumerate_add_match_property (list, "DEVTYPE", "partition");
  udev_enumerate_scan_devices (list);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (list))
  {
    g_autoptr (UdevDevice) device =
        udev_device_new_from_syspath (udev, udev_list_entry_get_name (entry));
    if (device)
      add_part (parts, device);
  }
  if (parts->len == 0 && udev_device_get_property_value (whole, "ID_FS_TYPE"))
    add_part (parts, whole);
  return parts;
}

gboolean
contents_is_locked (const ContentsPart *part)
{
  return g_strcmp0 (part->type, "crypto_LUKS") == 0;
}
