/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job whose process is gone (killed, or the conversion server was switched off) goes on in
 * a new process. */
#pragma once
#include "state.h"

/* By somebody's order: "resume". */
gboolean revive (const char *dir, GError **error);

/* By itself, for a client that comes back: P2V_ERROR_JOB when it has died too often since a
 * phase was done, so that nothing goes round in circles. */
gboolean revive_for_client (const char *dir, GError **error);
