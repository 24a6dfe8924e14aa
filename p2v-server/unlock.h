/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encrypted volumes (LUKS) that are opened by passphrases (passphrases.h). */
#pragma once
#include "guest.h"

typedef struct {
  char *device; /* the encrypted volume, "/dev/sda5" */
  char *name;   /* of the opened one below /dev/mapper */
} Unlocked;

void unlocked_free (Unlocked *unlocked);

/* After volumes_load: opens what there are passphrases for, into guest->unlocked, and
 * loads the volumes again.  Errors: passphrases_use's. */
gboolean unlock_volumes (Guest *guest, GError **error);

/* No operating system is in what is open: what is not is asked for.  *SOME: a volume was opened,
 * so that it is worth to look again, in another appliance: the client has its passphrase from
 * now on. */
gboolean unlock_needed (Guest *guest, gboolean *some, GError **error);

/* Once guest->crypttab is there: gives each the name that the guest has for it, by which
 * its fstab and its own mkinitramfs know it.  The root file system, mounted from *ROOT, may be
 * one of them: then *ROOT (caller frees) becomes another. */
void unlock_rename (Guest *guest, char **root);

/* The opened volume of DEVICE, "/dev/mapper/NAME", or NULL; borrowed. */
const Unlocked *unlock_of_device (Guest *guest, const char *device);

/* The same by the opened one. */
const Unlocked *unlock_of_opened (Guest *guest, const char *opened);
