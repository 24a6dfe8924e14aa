/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encrypted volumes of the guest whose key is a file in the guest: free space in
 * them is trimmed too.  The key never leaves the appliance. */
#include <string.h>
#include "convert/linux/tab.h"
#include "trim.h"
#include "unlock.h"

/* Options of crypttab(5) by which something else is opened than a LUKS volume by all of
 * a file. */
static const char *const others[] = {
    "plain", "tcrypt", "bitlk",   "header=", "keyscript=", "offset=", "keyfile-",
    "tpm2-", "fido2-", "pkcs11-", "swap",    "tmp",        "skip=",   NULL};

static gboolean
has_other_options (const char *options)
{
  g_auto (GStrv) words = g_strsplit (options ? options : "", ",", -1);
  for (guint i = 0; words[i]; i++)
    for (guint j = 0; others[j]; j++)
      if (g_str_has_prefix (words[i], others[j]))
        return TRUE;
  return FALSE;
}

/* Where the appliance sees the key file of ENTRY; NULL when it has none.  Caller frees. */
static char *
key_file (Guest *guest, const TabEntry *entry)
{
  const char *path = entry->fields[2];
  if (!path || *path != '/' || g_str_has_prefix (path, "/dev/") ||
      has_other_options (entry->fields[3]))
    return NULL;
  g_autofree char *real = guestfs_realpath (guest->g, path);
  return real && guestfs_is_file (guest->g, real) == 1 ? g_strconcat ("/sysroot", real, NULL)
                                                       : NULL;
}

/* libguestfs's own call lets no discards through. */
static gboolean
open_volume (Guest *guest, const char *volume, const char *key, const char *name)
{
  g_autofree char *device = below_device (guest, volume);
  if (!device)
    return FALSE;
  g_autofree char *quoted = g_shell_quote (key);
  g_autofree char *script =
      g_strdup_printf ("cryptsetup open --type luks --allow-discards --key-file %s %s %s &&"
                       " udevadm settle && echo open",
                       quoted, device, name);
  g_autofree char *answer = guest_shell (guest, script);
  return answer && g_str_has_suffix (g_strchomp (answer), "open");
}

/* What has come to light: the opened volume NAME, or logical volumes in it. */
static void
add_volumes (Guest *guest, const char *name)
{
  g_autofree char *device = g_strconcat ("/dev/mapper/", name, NULL);
  (void)volume_of_device (guest, device);
  if (guestfs_lvm_scan (guest->g, 1) < 0)
    return;
  g_auto (GStrv) lvs = guestfs_lvs (guest->g);
  for (guint i = 0; lvs && lvs[i]; i++)
    (void)volume_of_device (guest, lvs[i]);
}

char **
trim_open_encrypted (Guest *guest)
{
  g_autoptr (GStrvBuilder) opened = g_strv_builder_new ();
  g_autoptr (GPtrArray) entries = tab_entries (guest->crypttab ? guest->crypttab : "", 1);
  for (guint i = 0; i < guest->unlocked->len; i++)
    g_strv_builder_add (opened, ((Unlocked *)g_ptr_array_index (guest->unlocked, i))->device);
  for (guint i = 0; i < entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (entries, i);
    g_autofree char *key = key_file (guest, entry);
    const Volume *volume = key ? volume_find (guest, entry->fields[1], "crypto_LUKS") : NULL;
    if (!volume || g_strcmp0 (volume->type, "crypto_LUKS") ||
        unlock_of_device (guest, volume->device))
      continue;
    g_autofree char *name = g_strdup_printf ("p2v_crypt%u", i);
    if (!open_volume (guest, volume->device, key, name))
      continue;
    g_strv_builder_add (opened, volume->device);
    add_volumes (guest, name);
  }
  return g_strv_builder_end (opened);
}
