/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert/linux/device-name.h"
#include "volumes.h"

void
volume_free (Volume *volume)
{
  if (!volume)
    return;
  g_free (volume->device);
  g_free (volume->type);
  g_free (volume->uuid);
  g_free (volume->label);
  g_free (volume->partuuid);
  g_free (volume->table);
  g_free (volume);
}

/* Probes DEVICE and adds it; never fails: what cannot be probed has no names. */
static Volume *
probe (Guest *guest, const char *device, const char *type)
{
  Volume *volume = g_new0 (Volume, 1);
  volume->device = g_strdup (device);
  g_auto (GStrv) tags = guestfs_blkid (guest->g, device);
  if (tags) {
    volume->uuid = g_strdup (guest_lookup (tags, "UUID"));
    volume->label = g_strdup (guest_lookup (tags, "LABEL"));
    volume->partuuid = g_strdup (guest_lookup (tags, "PART_ENTRY_UUID"));
    volume->table = g_strdup (guest_lookup (tags, "PTTYPE"));
    type = guest_lookup (tags, "TYPE") ? guest_lookup (tags, "TYPE") : type;
  }
  if (type && *type && strcmp (type, "unknown"))
    volume->type = g_strdup (type);
  g_ptr_array_add (guest->volumes, volume);
  return volume;
}

static Volume *
listed (Guest *guest, const char *device)
{
  for (guint i = 0; i < guest->volumes->len; i++) {
    Volume *volume = g_ptr_array_index (guest->volumes, i);
    if (!strcmp (volume->device, device))
      return volume;
  }
  return NULL;
}

static gboolean
is_encrypted (const Volume *volume)
{
  return !g_strcmp0 (volume->type, "crypto_LUKS") || !g_strcmp0 (volume->type, "BitLocker");
}

/* libguestfs lists no encrypted volumes among the file systems. */
static void
add_encrypted (Guest *guest, char **devices)
{
  for (guint i = 0; devices && devices[i]; i++)
    if (!listed (guest, devices[i]) && !is_encrypted (probe (guest, devices[i], NULL)))
      g_ptr_array_set_size (guest->volumes, (gint)guest->volumes->len - 1);
}

gboolean
volumes_load (Guest *guest, GError **error)
{
  g_auto (GStrv) found = guestfs_list_filesystems (guest->g);
  if (!found) {
    guest_error (guest, P2V_ERROR_DISK, "The file systems cannot be listed", error);
    return FALSE;
  }
  for (guint i = 0; found[i] && found[i + 1]; i += 2) {
    /* "btrfsvol:/dev/sda2/@home" is a part of the volume "/dev/sda2" */
    if (g_str_has_prefix (found[i], "/dev/") && !listed (guest, found[i]))
      probe (guest, found[i], found[i + 1]);
  }
  g_auto (GStrv) partitions = guestfs_list_partitions (guest->g);
  g_auto (GStrv) arrays = guestfs_list_md_devices (guest->g);
  g_auto (GStrv) logical = guestfs_lvs (guest->g);
  add_encrypted (guest, guest->devices);
  add_encrypted (guest, partitions);
  add_encrypted (guest, arrays);
  add_encrypted (guest, logical);
  return TRUE;
}

const Volume *
volume_of_device (Guest *guest, const char *device)
{
  const Volume *volume = listed (guest, device);
  if (volume)
    return volume;
  return guestfs_blockdev_getsize64 (guest->g, device) >= 0 ? probe (guest, device, NULL) : NULL;
}

/* The volume whose tag has VALUE; the offset says which tag. */
static const Volume *
find_tag (Guest *guest, gsize tag_offset, const char *value)
{
  g_autofree char *plain = g_strdup (value);
  gsize length = strlen (plain);
  if (length >= 2 && (plain[0] == '"' || plain[0] == '\'') && plain[length - 1] == plain[0]) {
    plain[length - 1] = '\0';
    memmove (plain, plain + 1, length - 1);
  }
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    const char *mine = G_STRUCT_MEMBER (char *, volume, tag_offset);
    if (mine && !g_ascii_strcasecmp (mine, plain))
      return volume;
  }
  return NULL;
}

static const struct {
  const char *prefix;
  gsize tag;
} spellings[] = {
    {"UUID=", G_STRUCT_OFFSET (Volume, uuid)},
    {"LABEL=", G_STRUCT_OFFSET (Volume, label)},
    {"PARTUUID=", G_STRUCT_OFFSET (Volume, partuuid)},
    {"/dev/disk/by-uuid/", G_STRUCT_OFFSET (Volume, uuid)},
    {"/dev/disk/by-label/", G_STRUCT_OFFSET (Volume, label)},
    {"/dev/disk/by-partuuid/", G_STRUCT_OFFSET (Volume, partuuid)},
};

const Volume *
volume_find (Guest *guest, const char *spec, const char *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++)
    if (g_str_has_prefix (spec, spellings[i].prefix))
      return find_tag (guest, spellings[i].tag, spec + strlen (spellings[i].prefix));
  if (!device_name_is_hardware (spec)) {
    g_autofree char *lv = device_name_lv (spec);
    return listed (guest, lv ? lv : spec);
  }
  DevicePlace place;
  if (!device_name_locate (guest->job->machine, spec, &place))
    return NULL;
  g_autofree char *device = guest_device (guest, place.disk, place.part);
  const Volume *volume = device ? volume_of_device (guest, device) : NULL;
  if (volume && place.guessed && type && strcmp (type, "auto") && g_strcmp0 (type, volume->type))
    return NULL;
  return volume;
}

char *
volume_name (Guest *guest, const Volume *volume)
{
  guint same = 0;
  for (guint i = 0; volume->uuid && i < guest->volumes->len; i++) {
    const Volume *other = g_ptr_array_index (guest->volumes, i);
    same += !g_strcmp0 (other->uuid, volume->uuid);
  }
  if (same == 1)
    return g_strdup_printf ("UUID=%s", volume->uuid);
  return volume->partuuid ? g_strdup_printf ("PARTUUID=%s", volume->partuuid) : NULL;
}
