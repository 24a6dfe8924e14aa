/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why no operating system was found: a pure function. */
#pragma once
#include "common/error.h"
#include "volumes.h"

/* P2V_ERROR_NO_OS with the likeliest reason, by GUEST's volumes and which of them are unlocked.
 * INCOMPLETE_VGS: volume groups that lack disks, may be NULL; PARTITIONS: the disks have some. */
void no_os_error (Guest *guest, char **incomplete_vgs, guint n_disks, gboolean partitions,
                  GError **error);
