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
