/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did what the conversion worked with arrive as it was read? */
#pragma once
#include "digests.h"
#include "job.h"

/* Compares the digests that the broker made of the units that arrived and that
 * it keeps for the conversion with the client's.  P2V_ERROR_VERIFY, which names the
 * first byte, when a unit was changed on its way: what was made of it cannot be
 * trusted, and no copy mends that.  Passed over are units without a record of the
 * client's, and everything when there is no cache. */
gboolean arrival_check (Job *job, const JobDisk *disk, const Digests *digests, GError **error);
