/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this physical machine is: firmware, processors, memory, clock, disks
 * and network cards, after the settings have been applied to it. */
#pragma once
#include "common/machine.h"
#include "settings.h"

/* Reads the machine (sysfs, udev, DMI) and applies p2v.name, p2v.memory,
 * p2v.vcpu.*, p2v.disks, p2v.removable, p2v.interfaces, p2v.network…  Errors:
 * P2V_ERROR_DISK when p2v.disks names a disk that does not exist (the message
 * lists those that do) or there is none at all; P2V_ERROR_SETTINGS for names
 * of cards that do not exist.  p2v.disks takes kernel names ("sda"), device
 * nodes, by-id links and, for tests, paths of image files.  Caller frees. */
P2vMachine *inventory_read (const Settings *settings, GError **error);

/* The parts, each in its own file (machine.c, disks.c, nics.c). */
gboolean machine_fill (P2vMachine *machine, const Settings *settings, GError **error);
gboolean disks_fill (P2vMachine *machine, const Settings *settings, GError **error);
gboolean nics_fill (P2vMachine *machine, const Settings *settings, GError **error);

/* The address that the card NAME was made with, for a bond or a person may have set another one;
 * the one that it has where its driver does not know; NULL without any (caller frees). */
char *nic_mac (const char *name);

/* Bytes read from a disk since boot by the block layer's own counter
 * (/sys/block/…/stat, third field, 512-byte sectors; kernel
 * Documentation/block/stat.rst).  0 for image files. */
guint64 disks_bytes_read (const char *device);

/* Everything that could be converted, whatever p2v.disks, p2v.removable and p2v.interfaces
 * choose of it; what p2v.disks names in addition (image files) stands first.  Errors as
 * above.  Caller frees. */
P2vMachine *inventory_read_all (const Settings *settings, GError **error);
