/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of phase trim. */
#pragma once
#include "guest.h"
#include "partition-table.h"

/* The gaps of disk INDEX in the open appliance: ByteRange; empty for a disk
 * without a partition table that is understood. */
GArray *trim_find_gaps (Guest *guest, guint index);

/* Discards RANGES (ByteRange) of the closed overlay OVERLAY. */
gboolean trim_discard (Job *job, const char *overlay, GArray *ranges, GError **error);
