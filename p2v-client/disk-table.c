/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk-table.h"
#include <blkid.h>

char *
disk_table_uuid (const char *device)
{
  blkid_probe probe = blkid_new_probe_from_filename (device);
  const char *value = NULL;
  if (!probe)
    return NULL;
  blkid_probe_enable_partitions (probe, TRUE);
  blkid_probe_enable_superblocks (probe, TRUE);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_UUID);
  char *uuid = NULL;
  if (blkid_do_safeprobe (probe) == 0 &&
      (blkid_probe_lookup_value (probe, "PTUUID", &value, NULL) == 0 ||
       blkid_probe_lookup_value (probe, "UUID", &value, NULL) == 0))
    uuid = g_strdup (value);
  blkid_free_probe (probe);
  return uuid;
}
