/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what one machine is told from another, and the places that are named after it. */
#pragma once
#include <glib.h>

typedef struct {
  char *uuid;   /* the firmware's, in small letters; NULL: none */
  char *serial; /* the manufacturer's; NULL: none */
  char **macs;  /* of the wired cards, in the kernel's order: "52:54:00:12:34:56" */
} MachineId;

MachineId *machine_id_read (void);
void machine_id_free (MachineId *id);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MachineId, machine_id_free)

/* The places that PATTERN (a URL or a path) means on this machine, the first one first:
 *
 *   %u %s %m        the UUID, the serial number, the MAC address of each card in turn
 *   ends with "/"   that folder's UUID.conf, SERIAL.conf, MAC.conf for each card, default.conf
 *
 * A MAC address is written 52-54-00-12-34-56.  In a serial number what is neither letter, digit,
 * dot, "-" nor "_" becomes "-".  What the machine has not is left out; empty when nothing is
 * left.  Caller frees. */
char **machine_id_places (const MachineId *id, const char *pattern);
