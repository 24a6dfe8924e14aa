/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device names in /etc/crypttab. */
#include <string.h>
#include "convert.h"
#include "tab.h"
#include "volumes.h"

#define CRYPTTAB "/etc/crypttab"

static TabVerdict
decide (const TabEntry *entry, char **name, gpointer data)
{
  Convert *c = data;
  gboolean missing;
  *name = convert_device_name (c, entry->fields[1], NULL, &missing);
  if (!*name && !missing)
    missing = volume_missing_crypt (c->guest, entry->fields[1], entry->fields[3]);
  return *name ? TAB_RENAME : missing ? TAB_MISSING : TAB_KEEP;
}

static void
tell (Convert *c, const TabChange *change)
{
  if (change->verdict == TAB_RENAME) {
    g_autofree char *what =
        g_strdup_printf ("%s: %s is now called %s.", change->place, change->old, change->new);
    convert_changed (c, CRYPTTAB, what, "The name belongs to the old machine's hardware.");
    return;
  }
  g_autofree char *what =
      g_strdup_printf ("%s: the entry of %s got nofail.", change->place, change->old);
  convert_changed (c, CRYPTTAB, what,
                   "That disk was not converted; the guest must not wait for it.");
  report_warning (c->job->report,
                  "%s (%s in the guest's /etc/crypttab) is on none of the converted disks.",
                  change->old, change->place);
}

gboolean
step_crypttab (Convert *c, GError **error)
{
  g_autofree char *text = convert_read (c, CRYPTTAB, error);
  if (!text)
    return FALSE;
  g_autoptr (GPtrArray) changes = tab_changes_new ();
  g_autofree char *new = crypttab_rewrite (text, decide, c, changes);
  if (!new)
    return TRUE;
  if (!convert_write (c, CRYPTTAB, new, 0644, error))
    return FALSE;
  for (guint i = 0; i < changes->len; i++)
    tell (c, g_ptr_array_index (changes, i));
  c->initrd_stale = TRUE;
  return TRUE;
}
