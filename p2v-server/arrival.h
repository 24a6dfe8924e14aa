/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did what the conversion worked with arrive as it was read? */
#pragma once
#include "digests.h"
#include "job.h"

/* Compares the digests that the broker made of what arrived for the conversion,
 * units and small looks (broker-plugin.h), with the client's.  P2V_ERROR_VERIFY, which names the
 * first byte, when a unit was changed on its way: what was made of it cannot be
 * trusted, and no copy mends that.  Then the cache forgets it and job->misled is set: another
 * conversion reads it again.  Passed over is what has no record of the
 * client's, and everything when there is no cache. */
gboolean arrival_check (Job *job, const JobDisk *disk, const Digests *digests, GError **error);
