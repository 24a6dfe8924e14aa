/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one door to libblkid. */
#pragma once
#include <glib.h>

/* The identifier of DEVICE's partition table (GPT's GUID, MBR's signature), or, where it has
 * none, of what it holds as a whole; NULL when it has neither or cannot be read (caller
 * frees). */
char *disk_table_uuid (const char *device);
