/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After another run of the client took the job over: is what the job holds still what the
 * physical machine's disks hold?  The old system may have been booted in between.
 *
 * The client digests again, where the disks are, whatever the server has of them: the units in
 * the cache, what the conversion looked at, and the pieces that were copied.  Only digests
 * cross the wire.  What differs is forgotten and so will be read again; and when the
 * conversion has seen any of it, it is made again, and what was copied already is kept where
 * the new plan wants the same bytes (carry.h). */
#pragma once
#include "job.h"

/* From now on nothing that the job has read is trusted, also by another process of it.
 * P2V_ERROR_SPACE, P2V_ERROR_IO. */
gboolean recheck_require (Job *job, GError **error);

/* Does it, if it was required, before the brokers start.  May move job->again up to
 * PHASE_INSPECT.  P2V_ERROR_LINK when the client goes away meanwhile. */
gboolean recheck (Job *job, GError **error);
