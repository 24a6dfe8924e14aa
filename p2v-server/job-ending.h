/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a job: report, last word to the client, state, what stays in its directory. */
#pragma once
#include "job.h"

/* Writes all of it; ERROR is NULL for a guest that is finished.  Returns "finished", which
 * is kept in the job's record, too: a client that lost its link before it heard it gets
 * it from there (caller unrefs). */
JsonObject *job_ending_write (Job *job, const GError *error);
