/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of phase inspect. */
#pragma once
#include "guest.h"

/* Finds the operating system (or the one that setting "root" wants), fills
 * job->info with what it is, and mounts it.  *ANEW: there was none, but an encrypted volume was
 * opened; another appliance has to look again.  P2V_ERROR_NO_OS, P2V_ERROR_GUEST,
 * passphrases_use's. */
gboolean inspect_os (Guest *guest, gboolean *anew, GError **error);

/* How the guest boots: firmware, disk, clock.  After inspect_os. */
gboolean inspect_boot (Guest *guest, GError **error);

typedef struct {
  guint64 used, size; /* bytes */
} Usage;

/* Adds what the volume DEVICE uses to used_bytes of the disks that it lies on:
 * once for each copy that an array keeps. */
void inspect_spread (Guest *guest, const char *device, Usage usage);

/* The same for what is allocated in volume groups, but belongs to none of
 * guest->volumes, whose usages are USAGES (Usage, in their order).  Bytes in all. */
guint64 inspect_spread_hidden (Guest *guest, GArray *usages);

/* Bytes in use: per disk and in all.  Mounts each file system alone, so it
 * comes before inspect_os. */
gboolean inspect_usage (Guest *guest, GError **error);

/* P2V_ERROR_GUEST when the guest's root or /boot is too full for a new
 * initrd.  After inspect_os. */
gboolean inspect_room (Guest *guest, GError **error);
