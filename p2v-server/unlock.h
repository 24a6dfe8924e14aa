/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encrypted volumes (LUKS) that are opened by passphrases.  These are the client's: asked for
 * each time the appliance is started, and kept in no file. */
#pragma once
#include "guest.h"

typedef struct {
  char *device; /* the encrypted volume, "/dev/sda5" */
  char *name;   /* of the opened one below /dev/mapper */
} Unlocked;

void unlocked_free (Unlocked *unlocked);

/* After volumes_load: opens what the client has passphrases for, into guest->unlocked, and
 * loads the volumes again.  What stays closed is warned of; P2V_ERROR_GUEST when there are
 * passphrases and none of them opens anything, P2V_ERROR_LINK, P2V_ERROR_CANCELLED. */
gboolean unlock_volumes (Guest *guest, GError **error);

/* Once guest->crypttab is there: gives each the name that the guest has for it, by which
 * its fstab and its own mkinitramfs know it.  The root file system, mounted from *ROOT, may be
 * one of them: then *ROOT (caller frees) becomes another. */
void unlock_rename (Guest *guest, char **root);

/* The opened volume of DEVICE, "/dev/mapper/NAME", or NULL; borrowed. */
const Unlocked *unlock_of_device (Guest *guest, const char *device);

/* The same by the opened one. */
const Unlocked *unlock_of_opened (Guest *guest, const char *opened);
