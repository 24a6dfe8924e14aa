/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments wherever they stand in a text (GRUB's defaults, grub.cfg,
 * menu.lst, initramfs-tools' resume): pure functions. */
#pragma once
#include <glib.h>

/* What to write instead of a device name: a new string, or NULL to keep it. */
typedef char *(*KernelArgsName) (const char *name, gpointer data);

/* TEXT with the device names behind root=, resume=, RESUME=, swap= and
 * cryptdevice= replaced as LOOKUP says; NULL when nothing changes.  CHANGED (may be NULL) gets
 * a char * "OLD → NEW" for each.  Caller frees. */
char *kernel_args_rewrite_devices (const char *text, KernelArgsName lookup, gpointer data,
                                   GPtrArray *changed);

/* TEXT with every serial console moved to the first port, the only one that a
 * virtual machine has: console=ttyS1,115200 → console=ttyS0,115200, the same for
 * Xen's hvc0, and GRUB's "serial --unit=1" → "--unit=0".  NULL when nothing changes. */
char *kernel_args_move_consoles (const char *text);

/* TRUE when TEXT, comment lines left out, has console=ttyS0. */
gboolean kernel_args_has_serial (const char *text);
