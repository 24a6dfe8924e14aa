/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of LVM, MD and modules lists: pure functions on the text of files. */
#pragma once
#include <glib.h>

/* lvm.conf with every filter in force that names hardware (by-id, /dev/sd …) commented
 * out; NULL when there is none.  Caller frees. */
char *lvm_conf_without_filters (const char *text);

/* mdadm.conf with DEVICE lines that name hardware replaced by "DEVICE partitions"; NULL when
 * nothing changes. */
char *mdadm_conf_any_device (const char *text);

/* A list of modules, one a line, with those in NAMES (ending with NULL) commented
 * out; NULL when none is there.  GONE gets their names (char *, caller's array). */
char *module_list_without (const char *text, const char *const *names, GPtrArray *gone);

/* xorg.conf with every Device's driver set to modesetting and bus addresses
 * commented out; NULL when nothing changes. */
char *xorg_conf_modesetting (const char *text);
