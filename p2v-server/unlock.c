/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock.h"
#include <string.h>
#include "convert/linux/tab.h"
#include "passphrases.h"
#include "volumes.h"

#define MAPPER "/dev/mapper/"
#define TRIES  3

/* cryptsetup(8)'s words. */
#define WRONG_KEY "No key available"

/* Device mapper's limit is 127. */
#define NAME_MAX_LENGTH 100

void
unlocked_free (Unlocked *unlocked)
{
  g_free (unlocked->device);
  g_free (unlocked->name);
  g_free (unlocked);
}

const Unlocked *
unlock_of_device (Guest *guest, const char *device)
{
  for (guint i = 0; i < guest->unlocked->len; i++) {
    const Unlocked *unlocked = g_ptr_array_index (guest->unlocked, i);
    if (!strcmp (unlocked->device, device))
      return unlocked;
  }
  return NULL;
}

const Unlocked *
unlock_of_opened (Guest *guest, const char *opened)
{
  for (guint i = 0; i < guest->unlocked->len; i++) {
    const Unlocked *unlocked = g_ptr_array_index (guest->unlocked, i);
    if (g_str_has_prefix (opened, MAPPER) && !strcmp (unlocked->name, opened + strlen (MAPPER)))
      return unlocked;
  }
  return NULL;
}

/* ---- opening ---- */

/* udev may still be looking at DEVICE: what fails for another reason than a wrong key is
 * tried again. */
static gboolean
try_key (Guest *guest, const char *device, const char *key, const char *name)
{
  for (guint i = 0; i < TRIES; i++) {
    if (guestfs_cryptsetup_open (guest->g, device, key, name, -1) == 0)
      return TRUE;
    const char *why = guestfs_last_error (guest->g);
    if (why && strstr (why, WRONG_KEY))
      return FALSE;
    job_log (guest->job, P2V_LOG_WARNING, "%s (LUKS) does not open: %s", device, why ? why : "?");
    g_free (guest_shell (guest, "udevadm settle"));
  }
  return FALSE;
}

static gboolean
open_volume (Guest *guest, const char *device, const GPtrArray *passphrases)
{
  g_autofree char *name = g_strdup_printf ("p2v_luks%u", guest->unlocked->len);
  for (guint i = 0; i < passphrases->len; i++) {
    if (!try_key (guest, device, g_ptr_array_index (passphrases, i), name))
      continue;
    Unlocked *unlocked = g_new0 (Unlocked, 1);
    unlocked->device = g_strdup (device);
    unlocked->name = g_steal_pointer (&name);
    g_ptr_array_add (guest->unlocked, unlocked);
    job_log (guest->job, P2V_LOG_INFO, "%s (LUKS) is opened", device);
    return TRUE;
  }
  return FALSE;
}

static gboolean
is_closed (Guest *guest, const Volume *volume)
{
  return !g_strcmp0 (volume->type, "crypto_LUKS") && !unlock_of_device (guest, volume->device);
}

/* "/dev/sda5", "/dev/sdb1" as the physical machine has them (caller frees). */
static char **
closed_volumes (Guest *guest)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    if (is_closed (guest, volume))
      g_strv_builder_add (names, volume->physical);
  }
  return g_strv_builder_end (names);
}

static char **
open_closed (const GPtrArray *passphrases, gpointer data)
{
  Guest *guest = data;
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    if (is_closed (guest, volume))
      (void)open_volume (guest, volume->device, passphrases);
  }
  return closed_volumes (guest);
}

/* What has come to light: the opened volumes, and logical ones in them. */
static gboolean
load_again (Guest *guest, GError **error)
{
  if (guestfs_lvm_scan (guest->g, 1) < 0) {
    guest_error (guest, P2V_ERROR_GUEST, "Volume groups in encrypted volumes do not start", error);
    return FALSE;
  }
  g_ptr_array_set_size (guest->volumes, 0);
  g_clear_pointer (&guest->lvs, g_strfreev);
  g_clear_pointer (&guest->incomplete_vgs, g_strfreev);
  if (!volumes_load (guest, error))
    return FALSE;
  for (guint i = 0; i < guest->unlocked->len; i++) {
    const Unlocked *unlocked = g_ptr_array_index (guest->unlocked, i);
    g_autofree char *device = g_strconcat (MAPPER, unlocked->name, NULL);
    (void)volume_of_device (guest, device);
  }
  return TRUE;
}

static gboolean
open_more (Guest *guest, gboolean needed, GError **error)
{
  g_auto (GStrv) volumes = closed_volumes (guest);
  return !*volumes || passphrases_use (guest->job, volumes, needed, open_closed, guest, error);
}

gboolean
unlock_volumes (Guest *guest, GError **error)
{
  g_ptr_array_set_size (guest->unlocked, 0);
  return open_more (guest, FALSE, error) &&
         (guest->unlocked->len == 0 || load_again (guest, error));
}

gboolean
unlock_needed (Guest *guest, gboolean *some, GError **error)
{
  guint before = guest->unlocked->len;
  gboolean ok = open_more (guest, TRUE, error);
  *some = guest->unlocked->len > before;
  return ok;
}

/* ---- names ---- */

static gboolean
is_good_name (const char *name)
{
  return *name && *name != '-' && *name != '.' && strlen (name) <= NAME_MAX_LENGTH &&
         strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.+-") == strlen (name);
}

static void
replace (char **text, const char *old, const char *new)
{
  if (g_strcmp0 (*text, old))
    return;
  g_free (*text);
  *text = g_strdup (new);
}

static void
rename_one (Guest *guest, Unlocked *unlocked, const char *name, char **root)
{
  g_autofree char *script =
      g_strdup_printf ("dmsetup rename %s %s && udevadm settle && echo done", unlocked->name, name);
  g_autofree char *answer = guest_shell (guest, script);
  if (!answer || strcmp (g_strchomp (answer), "done")) {
    report_warning (guest->job->report,
                    "The encrypted volume %s cannot be called %s as in the guest.",
                    unlocked->device, name);
    return;
  }
  g_autofree char *old = g_strconcat (MAPPER, unlocked->name, NULL);
  g_autofree char *new = g_strconcat (MAPPER, name, NULL);
  for (guint i = 0; i < guest->volumes->len; i++) {
    Volume *volume = g_ptr_array_index (guest->volumes, i);
    replace (&volume->device, old, new);
    replace (&volume->physical, old, new);
  }
  replace (root, old, new);
  g_free (unlocked->name);
  unlocked->name = g_strdup (name);
}

void
unlock_rename (Guest *guest, char **root)
{
  g_autoptr (GPtrArray) entries = tab_entries (guest->crypttab ? guest->crypttab : "", 1);
  for (guint i = 0; i < entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (entries, i);
    const Volume *volume = volume_find (guest, entry->fields[1], "crypto_LUKS");
    Unlocked *unlocked = volume ? (Unlocked *)unlock_of_device (guest, volume->device) : NULL;
    if (unlocked && is_good_name (entry->fields[0]) && strcmp (unlocked->name, entry->fields[0]))
      rename_one (guest, unlocked, entry->fields[0], root);
  }
}
