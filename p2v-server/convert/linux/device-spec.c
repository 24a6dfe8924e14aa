/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "device-name.h"
#include "device-spec.h"

static const struct {
  const char *prefix;
  SpecKind kind;
} prefixes[] = {
    {"UUID=", SPEC_UUID},
    {"LABEL=", SPEC_LABEL},
    {"PARTUUID=", SPEC_PARTUUID},
    {"PARTLABEL=", SPEC_PARTLABEL},
    {"/dev/disk/by-uuid/", SPEC_UUID},
    {"/dev/disk/by-label/", SPEC_LABEL},
    {"/dev/disk/by-partuuid/", SPEC_PARTUUID},
    {"/dev/disk/by-partlabel/", SPEC_PARTLABEL},
    {"/dev/disk/by-id/md-uuid-", SPEC_MD_UUID},
    {"/dev/disk/by-id/md-name-", SPEC_MD},
    {"/dev/md/", SPEC_MD},
    {"/dev/mapper/", SPEC_MAPPER},
    {"/dev/disk/by-id/dm-name-", SPEC_MAPPER},
};

/* Folders of /dev that are no volume groups. */
static const char *const no_groups[] = {"disk", "block", "char", "drbd", "etherd",
                                        "nbd",  "rbd",   "zvol", NULL};

static gint
unhex (const char *text)
{
  gint high = g_ascii_xdigit_value (text[0]), low = high < 0 ? -1 : g_ascii_xdigit_value (text[1]);
  return low < 0 ? -1 : high * 16 + low;
}

/* Without quotes, fstab's "\040" and udev's "\x20". */
static char *
plain_value (const char *text)
{
  gsize length = strlen (text);
  if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0]) {
    text++;
    length -= 2;
  }
  g_autoptr (GString) value = g_string_new (NULL);
  for (gsize i = 0; i < length; i++) {
    if (text[i] == '\\' && i + 3 < length && text[i + 1] == 'x' && unhex (text + i + 2) > 0) {
      g_string_append_c (value, (char)unhex (text + i + 2));
      i += 3;
    } else if (text[i] == '\\' && i + 3 < length && strspn (text + i + 1, "01234567") >= 3) {
      g_string_append_c (
          value, (char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0'));
      i += 3;
    } else {
      g_string_append_c (value, text[i]);
    }
  }
  return g_strdup (value->str);
}

char *
blkid_unescape (const char *text)
{
  g_autoptr (GString) value = g_string_new (NULL);
  for (; text && *text; text++) {
    if (*text == '\\' && text[1] == 'x' && unhex (text + 2) > 0) {
      g_string_append_c (value, (char)unhex (text + 2));
      text += 3;
    } else {
      text += *text == '\\' && text[1];
      g_string_append_c (value, *text);
    }
  }
  return text ? g_strdup (value->str) : NULL;
}

char *
md_short_name (const char *name)
{
  const char *colon = strrchr (name, ':');
  if (g_str_has_prefix (name, "/dev/md/"))
    return g_strdup (name + strlen ("/dev/md/"));
  if (g_str_has_prefix (name, "/dev/md"))
    return g_strdup (name + strlen ("/dev/md"));
  return g_strdup (colon ? colon + 1 : name);
}

/* Takes "p1" or, of a by-id name, "-part1" off the end of an array's name. */
static void
take_partition (DeviceSpec *spec, const char *mark)
{
  char *at = g_strrstr (spec->value, mark);
  guint64 part;
  if (!at || at == spec->value ||
      !g_ascii_string_to_unsigned (at + strlen (mark), 10, 1, 4096, &part, NULL))
    return;
  /* "/dev/md/backup1" is no partition of "/dev/md/backu" */
  if (!strcmp (mark, "p") && !g_ascii_isdigit (at[-1]))
    return;
  *at = '\0';
  spec->part = (guint)part;
}

/* "/dev/VG/LV" and nothing else. */
static gboolean
is_lv_path (const char *text)
{
  if (!g_str_has_prefix (text, "/dev/"))
    return FALSE;
  g_auto (GStrv) parts = g_strsplit (text + strlen ("/dev/"), "/", -1);
  return g_strv_length (parts) == 2 && *parts[0] && *parts[1] &&
         !g_strv_contains (no_groups, parts[0]);
}

/* Multipath and dmraid call partitions "…-part1", which looks like a volume. */
static gboolean
is_partition_of_map (const char *lv)
{
  const char *name = strrchr (lv, '/') + 1;
  return g_str_has_prefix (name, "part") && name[4] && !name[4 + strspn (name + 4, "0123456789")];
}

static void
parse_into (DeviceSpec *spec, const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (text, prefixes[i].prefix)) {
      spec->kind = prefixes[i].kind;
      spec->value = plain_value (text + strlen (prefixes[i].prefix));
      break;
    }
  if (spec->kind == SPEC_MAPPER) {
    char *lv = device_name_lv (text);
    if (lv && !is_partition_of_map (lv)) {
      spec->kind = SPEC_LV;
      g_free (spec->value);
      spec->value = g_steal_pointer (&lv);
    }
    g_free (lv);
  } else if (spec->kind == SPEC_MD_UUID || g_str_has_prefix (text, "/dev/disk/by-id/md-name-")) {
    take_partition (spec, "-part");
  } else if (spec->kind == SPEC_MD) {
    take_partition (spec, "p");
  }
  if (spec->kind == SPEC_MD) {
    char *name = md_short_name (spec->value);
    g_free (spec->value);
    spec->value = name;
  }
  if (spec->kind)
    return;
  if (g_str_has_prefix (text, "/dev/md") && g_ascii_isdigit (text[strlen ("/dev/md")])) {
    spec->kind = SPEC_MD;
    spec->value = md_short_name (text);
    take_partition (spec, "p");
  } else if (device_name_is_hardware (text)) {
    spec->kind = SPEC_HARDWARE;
    spec->value = g_strdup (text);
  } else if (is_lv_path (text)) {
    spec->kind = SPEC_LV;
    spec->value = g_strdup (text);
  }
}

DeviceSpec *
device_spec_parse (const char *text)
{
  DeviceSpec *spec = g_new0 (DeviceSpec, 1);
  parse_into (spec, text);
  return spec;
}

void
device_spec_free (DeviceSpec *spec)
{
  if (!spec)
    return;
  g_free (spec->value);
  g_free (spec);
}

gboolean
md_uuid_equal (const char *a, const char *b)
{
  for (;; a++, b++) {
    a += strspn (a, ":-");
    b += strspn (b, ":-");
    if (g_ascii_tolower (*a) != g_ascii_tolower (*b))
      return FALSE;
    if (!*a)
      return TRUE;
  }
}

char *
mdadm_conf_uuid (const char *text, const char *short_name)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_auto (GStrv) words = g_strsplit_set (lines[i], " \t\r", -1);
    const char *device = NULL, *uuid = NULL;
    if (g_ascii_strcasecmp (words[0] ? words[0] : "", "ARRAY"))
      continue;
    for (guint j = 1; words[j]; j++) {
      if (words[j][0] == '/')
        device = words[j];
      else if (!g_ascii_strncasecmp (words[j], "UUID=", strlen ("UUID=")))
        uuid = words[j] + strlen ("UUID=");
    }
    g_autofree char *mine = device ? md_short_name (device) : NULL;
    if (uuid && !g_strcmp0 (mine, short_name))
      return g_strdup (uuid);
  }
  return NULL;
}

gboolean
fs_type_fits (const char *wanted, const char *found)
{
  static const char *const same[][5] = {
      {"ext2", "ext3", "ext4", NULL}, /* ext4's driver mounts all of them */
      {"vfat", "msdos", "fat", NULL},
      {"ntfs", "ntfs-3g", "ntfs3", "fuseblk", NULL},
      {"swap", "swsuspend", NULL},
  };
  if (!wanted || !*wanted || !strcmp (wanted, "auto") || !strcmp (wanted, "none"))
    return TRUE;
  g_auto (GStrv) words = g_strsplit (wanted, ",", -1);
  for (guint i = 0; found && words[i]; i++) {
    if (!strcmp (words[i], found))
      return TRUE;
    for (guint j = 0; j < G_N_ELEMENTS (same); j++)
      if (g_strv_contains (same[j], words[i]) && g_strv_contains (same[j], found))
        return TRUE;
  }
  return FALSE;
}
