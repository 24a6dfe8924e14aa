/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's fstab and crypttab: converting again changes nothing more. */
#include "fuzz.h"
#include "p2v-server/convert/linux/tab.h"

static TabVerdict
decide (const TabEntry *entry, char **name, gpointer data G_GNUC_UNUSED)
{
  const char *device = entry->fields[entry->device_field];
  if (device && g_str_has_prefix (device, "/dev/sda")) {
    *name = g_strdup ("UUID=0000-0001");
    return TAB_RENAME;
  }
  return device && g_str_has_prefix (device, "/dev/sdq") ? TAB_MISSING : TAB_KEEP;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  char *(*const rewrite[]) (const char *, TabDecide, gpointer, GPtrArray *) = {fstab_rewrite,
                                                                               crypttab_rewrite};
  for (guint i = 0; i < G_N_ELEMENTS (rewrite); i++) {
    g_ptr_array_unref (tab_entries (text, i));
    g_autoptr (GPtrArray) changes = tab_changes_new ();
    g_autofree char *once = rewrite[i](text, decide, NULL, changes);
    g_autofree char *twice = once ? rewrite[i](once, decide, NULL, changes) : NULL;
    MUST (!twice);
  }
  return 0;
}
