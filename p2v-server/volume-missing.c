/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a device of the guest's files is certainly gone.  When in doubt it is
 * not: "nofail" for something that is there changes the order of the boot. */
#include <string.h>
#include "convert/linux/device-spec.h"
#include "convert/linux/tab.h"
#include "volumes.h"

/* Contents that the guest may open by itself and the appliance did not.  (What
 * crypttab opens, LUKS above all: has_hidden.) */
static const char *const closed[] = {
    "zfs_member", "ddf_raid_member", "isw_raid_member", "lsi_mega_raid_member", "bcache", "drbd",
    "vdo",        "mpath_member",    "stratis",         "DM_snapshot_cow",      NULL};

char *
volume_group_of (const char *device)
{
  g_auto (GStrv) parts = g_strsplit (device, "/", -1); /* "", dev, VG, LV */
  return g_strv_length (parts) == 4 && !strcmp (parts[1], "dev") ? g_strdup (parts[2]) : NULL;
}

static gboolean
is_incomplete (Guest *guest, const char *lv)
{
  g_autofree char *group = volume_group_of (lv);
  return group && guest->incomplete_vgs &&
         g_strv_contains ((const char *const *)guest->incomplete_vgs, group);
}

static gboolean
has_type (Guest *guest, const char *type)
{
  for (guint i = 0; i < guest->volumes->len; i++)
    if (!g_strcmp0 (((Volume *)g_ptr_array_index (guest->volumes, i))->type, type))
      return TRUE;
  return FALSE;
}

static gboolean
has_arrays (Guest *guest)
{
  for (guint i = 0; i < guest->volumes->len; i++)
    if (((Volume *)g_ptr_array_index (guest->volumes, i))->md_uuid)
      return TRUE;
  return FALSE;
}

/* Something of unknown or closed contents, in which a file system may be. */
static gboolean
has_closed (Guest *guest)
{
  for (guint i = 0; closed[i]; i++)
    if (has_type (guest, closed[i]))
      return TRUE;
  if (has_type (guest, "linux_raid_member") && !has_arrays (guest))
    return TRUE;
  for (guint i = 0; guest->lvs && guest->lvs[i]; i++)
    if (!is_incomplete (guest, guest->lvs[i]) &&
        guestfs_blockdev_getsize64 (guest->g, guest->lvs[i]) < 0)
      return TRUE; /* not active */
  return FALSE;
}

static gboolean
is_gone (Guest *guest, const DeviceSpec *parsed, const char *spec, const char *type,
         gboolean (*hides) (Guest *))
{
  if (parsed->kind == SPEC_NO_DEVICE || parsed->kind == SPEC_MAPPER)
    return FALSE;
  if (parsed->kind == SPEC_LV && is_incomplete (guest, parsed->value))
    return TRUE; /* udev activates complete groups only */
  if (volume_find (guest, spec, type))
    return FALSE;
  switch (parsed->kind) {
  case SPEC_HARDWARE:
  case SPEC_PARTUUID:
  case SPEC_PARTLABEL:
    return TRUE; /* partitions are in no container */
  case SPEC_MD:
  case SPEC_MD_UUID:
    return !has_arrays (guest) && !hides (guest);
  default:
    return !hides (guest);
  }
}

static gboolean
comes_by_network (const DeviceSpec *parsed, const char *options)
{
  return tab_has_option (options, "_netdev") && parsed->kind != SPEC_HARDWARE;
}

gboolean
volume_missing_crypt (Guest *guest, const char *spec, const char *options)
{
  g_autoptr (DeviceSpec) parsed = device_spec_parse (spec);
  return !comes_by_network (parsed, options) && is_gone (guest, parsed, spec, NULL, has_closed);
}

/* The guest opens an encrypted volume, which may hold anything.  NAME (may be
 * NULL): only the one of this name; *known tells whether crypttab has it. */
static gboolean
opens (Guest *guest, const char *name, gboolean *known)
{
  g_autoptr (GPtrArray) entries = tab_entries (guest->crypttab ? guest->crypttab : "", 1);
  gboolean opened = FALSE;
  *known = FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (entries, i);
    if (name ? strcmp (entry->fields[0], name) : tab_has_option (entry->fields[3], "swap"))
      continue;
    *known = TRUE;
    opened = opened || !volume_missing_crypt (guest, entry->fields[1], entry->fields[3]);
  }
  return opened;
}

static gboolean
has_hidden (Guest *guest)
{
  gboolean known;
  return opens (guest, NULL, &known) || has_closed (guest);
}

gboolean
volume_missing (Guest *guest, const char *spec, const char *type, const char *options)
{
  g_autoptr (DeviceSpec) parsed = device_spec_parse (spec);
  if (comes_by_network (parsed, options))
    return FALSE;
  /* a mapping of crypttab is there when what it opens is; its name may look like a volume's */
  if (g_str_has_prefix (spec, "/dev/mapper/")) {
    gboolean known, opened = opens (guest, spec + strlen ("/dev/mapper/"), &known);
    if (known)
      return !opened;
  }
  return is_gone (guest, parsed, spec, type, has_hidden);
}
