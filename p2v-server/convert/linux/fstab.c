/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device names in /etc/fstab. */
#include <string.h>
#include "convert.h"
#include "device-name.h"
#include "tab.h"
#include "volumes.h"

#define FSTAB "/etc/fstab"

static TabVerdict
decide (const TabEntry *entry, char **name, gpointer data)
{
  Convert *c = data;
  const char *spec = entry->fields[0], *place = entry->fields[1], *type = entry->fields[2];
  gboolean missing;
  if (!g_strcmp0 (place, "/")) {
    /* whatever its name means, the root file system is known: it is mounted */
    const Volume *root = volume_of_device (c->guest, c->job->info->root);
    *name = root && device_name_is_hardware (spec) ? volume_name (c->guest, root) : NULL;
    if (!*name)
      *name = convert_device_name (c, spec, NULL, &missing);
    return *name ? TAB_RENAME : TAB_KEEP;
  }
  *name = convert_device_name (c, spec, type, &missing);
  if (!*name && !missing)
    missing = volume_missing (c->guest, spec, type, entry->fields[3]);
  return *name ? TAB_RENAME : missing ? TAB_MISSING : TAB_KEEP;
}

static void
tell (Convert *c, const TabChange *change)
{
  if (change->verdict == TAB_RENAME) {
    g_autofree char *what =
        g_strdup_printf ("%s: %s is now called %s.", change->place, change->old, change->new);
    convert_changed (c, FSTAB, what,
                     "The name belongs to the old machine's hardware; the new one belongs to what "
                     "is on the disk.");
    return;
  }
  g_autofree char *what = g_strdup_printf ("%s: the entry of %s got nofail and a short time limit.",
                                           change->place, change->old);
  convert_changed (c, FSTAB, what,
                   "That disk was not converted; without the option the guest would wait for it "
                   "and stop in emergency mode.");
  report_warning (c->job->report,
                  "%s (%s in the guest's /etc/fstab) is on none of the converted disks; it will be "
                  "missing.",
                  change->old, change->place);
}

gboolean
step_fstab (Convert *c, GError **error)
{
  g_autofree char *text = convert_read (c, FSTAB, error);
  if (!text)
    return FALSE;
  g_autoptr (GPtrArray) changes = tab_changes_new ();
  g_autofree char *new = fstab_rewrite (text, decide, c, changes);
  if (!new)
    return TRUE;
  if (!convert_write (c, FSTAB, new, 0644, error))
    return FALSE;
  for (guint i = 0; i < changes->len; i++)
    tell (c, g_ptr_array_index (changes, i));
  c->initrd_stale = TRUE; /* initramfs-tools copies /usr's and root's entries */
  return TRUE;
}
