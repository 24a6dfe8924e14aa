/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.json: whose job it is and what was asked for. */
#pragma once
#include "job.h"

/* Writes the file into DIR.  P2V_ERROR_SPACE, P2V_ERROR_IO. */
gboolean job_file_write (const char *dir, const char *instance, JsonObject *settings,
                         JsonObject *machine, GError **error);

/* Another run of the client has the job from now on.  What the job has read so far is not
 * trusted any more, also by another process of it: recheck.h. */
gboolean job_file_replace_instance (Job *job, const char *instance, GError **error);

/* Sets one option of the job that may be changed later, "badblocks=zero".
 * P2V_ERROR_SETTINGS for anything else. */
gboolean job_file_set_option (Job *job, const char *option, GError **error);
