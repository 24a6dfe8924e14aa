/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a session comes to its job: by making it, or by finding the one that its client
 * has already, be it alive or ended. */
#pragma once
#include <glib.h>
#include <json-glib/json-glib.h>
#include "common/machine.h"

/* Are these settings of a "start" known, and is there such a kind of target?
 * P2V_ERROR_SETTINGS, P2V_ERROR_TARGET. */
gboolean session_check_settings (JsonObject *settings, GError **error);

/* For the message "start": makes the job and starts its process, once only: a client
 * that did not hear the answer asks again, with the same instance.  Returns the connection to
 * it (its ctl.sock); -1 with an error, or with *LAST, its "finished" (caller unrefs), when it
 * has ended.  *ID: its id (caller frees), also set with *LAST. */
int session_start_job (JsonObject *start, char **id, JsonObject **last, GError **error);

/* The message "waiting" for a job of the same machine that another run of the client began
 * and that has not ended; NULL when there is none, or when START asks for a new one
 * (caller unrefs). */
JsonObject *session_find_waiting (JsonObject *start);

/* The id of such a job of MACHINE as things are just now; NULL when there is none (caller
 * frees). */
char *session_waiting_job (const P2vMachine *machine);

/* The same for "adopt", which takes over such a job.  P2V_ERROR_JOB when it cannot be. */
int session_adopt_job (JsonObject *adopt, char **id, JsonObject **last, GError **error);

/* The same for "attach".  P2V_ERROR_JOB when there is no such job, when it is of another
 * client, or when it died too often; P2V_ERROR_LINK when it does not answer now. */
int session_find_job (JsonObject *attach, char **id, JsonObject **last, GError **error);
