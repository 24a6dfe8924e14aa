/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inventory.h"

P2vMachine *
inventory_read (const Settings *settings, GError **error)
{
  g_autoptr (P2vMachine) machine = p2v_machine_new ();
  /* Cards before the machine: its name may be made from one's address. */
  if (!disks_fill (machine, settings, error) || !nics_fill (machine, settings, error) ||
      !machine_fill (machine, settings, error))
    return NULL;
  return g_steal_pointer (&machine);
}

static gboolean
has_disk (const P2vMachine *machine, const char *device)
{
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    if (g_str_equal (disk->device, device))
      return TRUE;
  }
  return FALSE;
}

P2vMachine *
inventory_read_all (const Settings *settings, GError **error)
{
  g_autoptr (Settings) open = settings_copy (settings);
  settings_set (open, SETTING_disks, NULL);
  settings_set (open, SETTING_removable, NULL);
  settings_set (open, SETTING_interfaces, NULL);
  g_autoptr (GError) none = NULL;
  g_autoptr (P2vMachine) all = inventory_read (open, &none);
  if (!settings_given (settings, SETTING_disks)) {
    if (!all)
      g_propagate_error (error, g_steal_pointer (&none));
    return g_steal_pointer (&all);
  }
  settings_set (open, SETTING_disks, settings_get (settings, SETTING_disks));
  g_autoptr (P2vMachine) named = inventory_read (open, error);
  if (!named)
    return NULL;
  for (guint i = 0; all && i < all->disks->len;) {
    P2vDisk *disk = g_ptr_array_index (all->disks, i);
    if (has_disk (named, disk->device))
      i++;
    else
      g_ptr_array_add (named->disks, g_ptr_array_steal_index (all->disks, i));
  }
  return g_steal_pointer (&named);
}
