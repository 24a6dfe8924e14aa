/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The identity that the guest's firmware reports. */
#pragma once
#include <glib.h>

/* The physical machine's own UUID when it is one (caller frees): licences,
 * cloud-init and inventories that are bound to it go on working, and the old
 * machine is not to run at the same time anyway.  A new random one when
 * MACHINE_UUID is NULL, malformed, or a filler that firmware vendors leave in. */
char *guest_uuid (const char *machine_uuid);
