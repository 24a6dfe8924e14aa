/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os-tool DISK…: the operating systems on them, a line "PLACE<TAB>NAME" each; "cannot look"
 * where that is so. */
#include <stdio.h>
#include "p2v-client/os-find.h"

int
main (int argc, char **argv)
{
  g_autoptr (P2vMachine) machine = p2v_machine_new ();
  for (int i = 1; i < argc; i++) {
    P2vDisk *disk = p2v_disk_new ();
    disk->device = g_strdup (argv[i]);
    g_ptr_array_add (machine->disks, disk);
  }
  g_autoptr (GPtrArray) found = os_find (machine, NULL);
  if (!found)
    printf ("cannot look\n");
  for (guint i = 0; found && i < found->len; i++) {
    const FoundSystem *system = g_ptr_array_index (found, i);
    printf ("%s\t%s\n", system->place, system->name);
  }
  return 0;
}
