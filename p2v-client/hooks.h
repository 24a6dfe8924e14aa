/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's own commands: p2v.pre, p2v.post, p2v.fail. */
#pragma once
#include <gio/gio.h>

/* Runs COMMAND by /bin/sh -c to its end, serving the default main context
 * meanwhile; *OUTPUT receives what it printed on both streams (caller frees).
 * ARGUMENT names it in the error: P2V_ERROR_SETTINGS when it fails,
 * P2V_ERROR_CANCELLED when CANCEL (may be NULL) fires, which ends it and what it
 * started. */
gboolean hooks_run (const char *argument, const char *command, char **output, GCancellable *cancel,
                    GError **error);
