/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One "p2v-server …" that runs to its end on a connection of its own. */
#pragma once
#include <gio/gio.h>
#include "settings.h"

/* Runs "p2v-server ARGS…" (words as in stream_open) with INPUT (may be NULL) as its
 * standard input and gives back what it printed, valid UTF-8 and at most MOST bytes of it
 * (caller frees).  NULL: errors of session_open, P2V_ERROR_JOB when the command fails,
 * P2V_ERROR_LINK, P2V_ERROR_CANCELLED.  Blocks. */
char *remote_run (const Settings *settings, const char *const *args, const char *input, gsize most,
                  GCancellable *cancel, GError **error);
