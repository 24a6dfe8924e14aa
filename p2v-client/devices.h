/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI devices that disks or the network hang on and that no driver here takes. */
#pragma once
#include <glib.h>

typedef enum { DEVICE_STORAGE, DEVICE_NETWORK } DeviceKind;

typedef struct {
  DeviceKind kind;
  char *slot; /* "0000:03:00.0" */
  char *ids;  /* "1000:0411" */
  char *name; /* of the vendor and the device; NULL: not known */
} Device;

/* Device *, in the order of their slots (caller unrefs): controllers of mass storage (PCI
 * class 01), network cards (02) and Fibre Channel adapters (0c04) to which no driver is bound
 * and none would bind.  SYS is "/sys", ALIASES the modules.alias of the kernel that runs,
 * PCI_IDS the list of names (pci.ids); one that cannot be read counts as empty. */
GPtrArray *devices_without_driver (const char *sys, const char *aliases, const char *pci_ids);

/* "MegaRAID SAS 2208 of Broadcom / LSI" by pci.ids's TEXT, or NULL (caller frees). */
char *devices_name (const char *text, guint vendor, guint device);
