/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firmware says about the machine (SMBIOS, by the kernel's dmi-id). */
#pragma once
#include <glib.h>

/* A field of /sys/class/dmi/id, for instance "product_serial"; NULL when the firmware has none
 * or only a manufacturer's filler (caller frees). */
char *dmi_read (const char *field);

/* The machine's UUID in small letters, or NULL (caller frees). */
char *dmi_uuid (void);
