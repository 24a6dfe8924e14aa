/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disk the installed system calls /dev/sda. */
#pragma once
#include "guest.h"

/* Fills guest->orders: holds the kernel's names in FSTAB (the text), in
 * crypttab and in what the boot is given against the disks (device-order.h).  The
 * root file system, ROOT, is mounted, nothing else is. */
void disk_order_find (Guest *guest, const char *root, const char *fstab);
