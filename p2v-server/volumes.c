/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert/linux/device-name.h"
#include "convert/linux/device-spec.h"
#include "volumes.h"

void
volume_free (Volume *volume)
{
  if (!volume)
    return;
  g_free (volume->device);
  g_free (volume->physical);
  g_free (volume->type);
  g_free (volume->uuid);
  g_free (volume->label);
  g_free (volume->partuuid);
  g_free (volume->partlabel);
  g_free (volume->table);
  g_free (volume->kind);
  g_free (volume->md_uuid);
  g_free (volume->md_name);
  g_free (volume);
}

/* A partition's number follows a name that ends with a digit after a "p". */
static char *
physical_name (Guest *guest, const char *device)
{
  gint disk = guest_device_disk (guest, device);
  if (disk < 0)
    return g_strdup (device);
  const P2vDisk *source = g_ptr_array_index (guest->job->machine->disks, (guint)disk);
  const char *part = device + strlen (guest->devices[disk]);
  gsize length = strlen (source->device);
  gboolean digit = length && g_ascii_isdigit (source->device[length - 1]);
  return g_strdup_printf ("%s%s%s", source->device, *part && digit ? "p" : "", part);
}

/* Probes DEVICE; never fails: what cannot be probed has no names. */
static Volume *
probe (Guest *guest, const char *device, char ***all_tags)
{
  Volume *volume = g_new0 (Volume, 1);
  volume->device = g_strdup (device);
  volume->physical = physical_name (guest, device);
  g_auto (GStrv) tags = guestfs_blkid (guest->g, device);
  if (tags) {
    volume->uuid = g_strdup (guest_lookup (tags, "UUID"));
    volume->label = blkid_unescape (guest_lookup (tags, "LABEL"));
    volume->partuuid = g_strdup (guest_lookup (tags, "PART_ENTRY_UUID"));
    volume->partlabel = blkid_unescape (guest_lookup (tags, "PART_ENTRY_NAME"));
    volume->table = g_strdup (guest_lookup (tags, "PTTYPE"));
    volume->kind = g_strdup (guest_lookup (tags, "PART_ENTRY_TYPE"));
    volume->type = g_strdup (guest_lookup (tags, "TYPE"));
  }
  if (all_tags)
    *all_tags = g_steal_pointer (&tags);
  return volume;
}

static Volume *
add (Guest *guest, Volume *volume)
{
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
is_partitioned (const char *disk, char **partitions)
{
  gsize length = strlen (disk);
  for (guint i = 0; partitions[i]; i++)
    if (g_str_has_prefix (partitions[i], disk) && g_ascii_isdigit (partitions[i][length]))
      return TRUE;
  return FALSE;
}

/* An extended partition of an MBR holds nothing but records of others. */
static gboolean
is_extended (char **tags)
{
  const char *type = tags ? guest_lookup (tags, "PART_ENTRY_TYPE") : NULL;
  return type && (!strcmp (type, "0x5") || !strcmp (type, "0xf") || !strcmp (type, "0x85"));
}

static void
add_devices (Guest *guest, char **devices, char **partitions)
{
  for (guint i = 0; devices && devices[i]; i++) {
    if (listed (guest, devices[i]) || is_partitioned (devices[i], partitions))
      continue;
    g_auto (GStrv) tags = NULL;
    Volume *volume = probe (guest, devices[i], &tags);
    if (is_extended (tags))
      volume_free (volume);
    else
      add (guest, volume);
  }
}

/* Volumes of Windows' dynamic disks, which only ldmtool knows; it looks at all disks, so
 * it is asked only where a partition is of that kind. */
static void
add_dynamic (Guest *guest)
{
  static const char *const kinds[] = {"0x42", "af9b60a0-1431-4f62-bc68-3311714a69ad", NULL};
  gboolean any = FALSE;
  for (guint i = 0; i < guest->volumes->len && !any; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    any = volume->kind && g_strv_contains (kinds, volume->kind);
  }
  if (!any)
    return;
  g_auto (GStrv) volumes = guestfs_list_ldm_volumes (guest->g);
  g_auto (GStrv) partitions = guestfs_list_ldm_partitions (guest->g);
  char **const lists[] = {volumes, partitions};
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; lists[i] && lists[i][j]; j++)
      add (guest, probe (guest, lists[i][j], NULL));
}

static void
add_arrays (Guest *guest)
{
  g_auto (GStrv) arrays = guestfs_list_md_devices (guest->g);
  for (guint i = 0; arrays && arrays[i]; i++) {
    Volume *volume = listed (guest, arrays[i]);
    if (!volume)
      volume = add (guest, probe (guest, arrays[i], NULL));
    g_auto (GStrv) detail = guestfs_md_detail (guest->g, arrays[i]);
    const char *uuid = detail ? guest_lookup (detail, "uuid") : NULL;
    volume->md_uuid = g_strdup (uuid ? uuid : "");
    volume->md_name = g_strdup (detail ? guest_lookup (detail, "name") : NULL);
  }
}

/* Names, and which groups lack a disk. */
static void
load_lvm (Guest *guest)
{
  g_autoptr (GPtrArray) incomplete = g_ptr_array_new ();
  guest->lvs = guestfs_lvs (guest->g);
  struct guestfs_lvm_vg_list *groups = guestfs_vgs_full (guest->g);
  for (guint i = 0; groups && i < groups->len; i++)
    /* the fourth of vgs(8)'s attributes: "p" for partial */
    if (strlen (groups->val[i].vg_attr) > 3 && groups->val[i].vg_attr[3] == 'p')
      g_ptr_array_add (incomplete, g_strdup (groups->val[i].vg_name));
  guestfs_free_lvm_vg_list (groups);
  g_ptr_array_add (incomplete, NULL);
  guest->incomplete_vgs = (char **)g_ptr_array_free (g_steal_pointer (&incomplete), FALSE);
}

/* libguestfs's own list of file systems has no more of what is asked for here, and its making
 * takes longer than all of this: inspect_os makes it once more anyway. */
gboolean
volumes_load (Guest *guest, GError **error)
{
  g_auto (GStrv) partitions = guestfs_list_partitions (guest->g);
  if (!partitions) {
    guest_error (guest, P2V_ERROR_DISK, "The partitions cannot be listed", error);
    return FALSE;
  }
  load_lvm (guest);
  add_devices (guest, guest->devices, partitions);
  add_devices (guest, partitions, partitions);
  add_devices (guest, guest->lvs, partitions);
  add_arrays (guest);
  add_dynamic (guest);
  return TRUE;
}

const Volume *
volume_of_device (Guest *guest, const char *device)
{
  const Volume *volume = listed (guest, device);
  if (volume)
    return volume;
  if (guestfs_blockdev_getsize64 (guest->g, device) < 0)
    return NULL;
  return add (guest, probe (guest, device, NULL));
}

/* The volume whose tag has VALUE; the offset says which tag. */
static const Volume *
find_tag (Guest *guest, gsize tag_offset, const char *value)
{
  const Volume *found = NULL;
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    const char *mine = G_STRUCT_MEMBER (char *, volume, tag_offset);
    if (!mine || g_ascii_strcasecmp (mine, value))
      continue;
    /* the members of a RAID array of the oldest format show its contents' names */
    if (!volume->type || !g_str_has_suffix (volume->type, "_raid_member"))
      return volume;
    found = found ? found : volume;
  }
  return found;
}

/* The appliance numbers arrays as it finds them: they are known by what
 * their superblocks say. */
static const Volume *
find_array (Guest *guest, const DeviceSpec *spec)
{
  g_autofree char *uuid =
      spec->kind == SPEC_MD_UUID
          ? g_strdup (spec->value)
          : mdadm_conf_uuid (guest->mdadm_conf ? guest->mdadm_conf : "", spec->value);
  const Volume *found = NULL;
  for (guint i = 0; i < guest->volumes->len && !found; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    g_autofree char *name = volume->md_name ? md_short_name (volume->md_name) : NULL;
    if (volume->md_uuid &&
        (uuid ? md_uuid_equal (volume->md_uuid, uuid) : !g_strcmp0 (name, spec->value)))
      found = volume;
  }
  if (!found && !uuid) {
    g_autofree char *same = g_strdup_printf ("/dev/md%s", spec->value);
    found = listed (guest, same);
  }
  if (!found || !spec->part)
    return found;
  g_autofree char *part = g_strdup_printf ("%sp%u", found->device, spec->part);
  return listed (guest, part);
}
const Volume *
volume_find (Guest *guest, const char *spec, const char *type)
{
  g_autoptr (DeviceSpec) parsed = device_spec_parse (spec);
  switch (parsed->kind) {
  case SPEC_UUID:
    return find_tag (guest, G_STRUCT_OFFSET (Volume, uuid), parsed->value);
  case SPEC_LABEL:
    return find_tag (guest, G_STRUCT_OFFSET (Volume, label), parsed->value);
  case SPEC_PARTUUID:
    return find_tag (guest, G_STRUCT_OFFSET (Volume, partuuid), parsed->value);
  case SPEC_PARTLABEL:
    return find_tag (guest, G_STRUCT_OFFSET (Volume, partlabel), parsed->value);
  case SPEC_MD:
  case SPEC_MD_UUID:
    return find_array (guest, parsed);
  case SPEC_HARDWARE:
    break;
  default:
    return listed (guest, parsed->value ? parsed->value : spec);
  }
  DevicePlace place;
  if (!device_name_locate (guest->job->machine, guest->orders, spec, &place))
    return NULL;
  g_autofree char *device = guest_device (guest, place.disk, place.part);
  const Volume *volume = device ? volume_of_device (guest, device) : NULL;
  return volume && place.guessed && !fs_type_fits (type, volume->type) ? NULL : volume;
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
