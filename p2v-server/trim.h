/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of phase trim. */
#pragma once
#include "guest.h"
#include "partition-table.h"
#include "volumes.h"

/* A file system whose free space can be found. */
gboolean trim_is_possible (const Volume *volume);

/* May the unmounted file system of VOLUME be trimmed by its own word?  If not, says why in
 * the report.  *checked: it was looked at as a whole. */
gboolean trim_may_trust (Guest *guest, const Volume *volume, gboolean *checked);

/* After trimming one that was not checked: says what the kernel found then. */
void trim_look_back (Guest *guest, const Volume *volume);

/* The gaps of disk INDEX in the open appliance: ByteRange; empty for a disk
 * without a partition table that is understood. */
GArray *trim_find_gaps (Guest *guest, guint index);

/* Discards RANGES (ByteRange) of the closed overlay OVERLAY. */
gboolean trim_discard (Job *job, const char *overlay, GArray *ranges, GError **error);
