/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "same-machine.h"

static gboolean
same_disk (const P2vDisk *a, const P2vDisk *b)
{
  gboolean known = a->serial || a->wwn || a->table_uuid;
  return known && a->size == b->size && g_strcmp0 (a->serial, b->serial) == 0 &&
         g_strcmp0 (a->wwn, b->wwn) == 0 && g_strcmp0 (a->table_uuid, b->table_uuid) == 0;
}

gboolean
same_machine (const P2vMachine *a, const P2vMachine *b)
{
  if (g_strcmp0 (a->uuid, b->uuid) != 0 || a->disks->len != b->disks->len || a->disks->len == 0)
    return FALSE;
  for (guint i = 0; i < a->disks->len; i++)
    if (!same_disk (g_ptr_array_index (a->disks, i), g_ptr_array_index (b->disks, i)))
      return FALSE;
  return TRUE;
}
