/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why no operating system was found: a pure function. */
#pragma once
#include "common/error.h"
#include "volumes.h"

/* P2V_ERROR_NO_OS with the likeliest reason.  VOLUMES: Volume *, all of them;
 * UNLOCKED: Unlocked * (unlock.h), which hide nothing any more; INCOMPLETE_VGS: volume groups that
 * lack disks, may be NULL; PARTITIONS: the disks have some. */
void no_os_error (const GPtrArray *volumes, const GPtrArray *unlocked, char **incomplete_vgs,
                  guint n_disks, gboolean partitions, GError **error);
