/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firmware says about the memory modules. */
#pragma once
#include <glib.h>

/* Sum of the sizes of all memory devices (type 17) in the structure table TABLE,
 * as in /sys/firmware/dmi/tables/DMI, in bytes; 0 when there are none or the
 * table is damaged.  Layout: DMTF DSP0134 (SMBIOS), 6.1 and 7.18. */
guint64 smbios_memory (const guint8 *table, gsize length);
