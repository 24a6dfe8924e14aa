/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest mounts where, by its own fstab. */
#pragma once
#include "convert/linux/tab.h"
#include "guest.h"

typedef struct {
  char *path;    /* "/boot" */
  char *device;  /* as the appliance names it */
  char *options; /* "subvol=@boot" or NULL */
} GuestMount;

void guest_mount_free (GuestMount *mount);

/* Mounts the root file system and, by its fstab, those that a conversion
 * works in: /boot, /usr, /var, /etc, /efi and what is below them.  Others (/home,
 * /srv, data) stay unmounted: less to read, nothing to break.  Fills
 * guest->mounts with all entries of fstab that were found, guest->orders,
 * guest->crypttab and guest->mdadm_conf.  P2V_ERROR_GUEST when /boot, /usr, /var or /etc
 * is on a disk that is not there. */
gboolean mounts_enter (Guest *guest, const char *root, GError **error);

/* The mount that PATH itself is; NULL when it is none. */
const GuestMount *mounts_find (Guest *guest, const char *path);

/* The mount of the EFI partition: /boot/efi, /efi, or a /boot that is one; NULL. */
const GuestMount *mounts_esp (Guest *guest);

/* TRUE when a conversion must not go on without the file system that ENTRY of
 * fstab mounts at PATH: /boot, /usr, /var, /etc, unless the guest starts without it too. */
gboolean mount_required (const TabEntry *entry, const char *path);
