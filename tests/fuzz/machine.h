/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The physical machine of the fuzz targets that need one. */
#pragma once
#include "common/machine.h"

static inline P2vMachine *
fuzz_machine (void)
{
  static const char *const devices[] = {"/dev/sda", "/dev/nvme0n1"};
  P2vMachine *machine = p2v_machine_new ();
  machine->name = g_strdup ("web");
  machine->memory = 1u << 30;
  machine->vcpus = 2;
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++) {
    P2vDisk *disk = p2v_disk_new ();
    disk->device = g_strdup (devices[i]);
    disk->serial = g_strdup_printf ("SER%u", i);
    disk->size = 1u << 30;
    disk->logical_block_size = disk->physical_block_size = 512;
    g_ptr_array_add (disk->links, g_strdup_printf ("/dev/disk/by-id/ata-X_SER%u", i));
    g_ptr_array_add (machine->disks, disk);
    P2vNic *nic = p2v_nic_new ();
    nic->name = g_strdup (i ? "enp1s0" : "eth0");
    nic->mac = g_strdup (i ? "52:54:00:00:00:01" : "52:54:00:00:00:02");
    g_ptr_array_add (machine->nics, nic);
  }
  return machine;
}
