/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file for somebody who is to help: what both sides know, without secrets. */
#pragma once
#include <gio/gio.h>
#include "settings.h"

/* OURS (what the front-end says of this side), this system's own log, and what the
 * conversion server has of JOB (NULL: there was none); where the server cannot be asked
 * the reason stands there.  Never fails; blocks, for minutes at worst.  Caller frees. */
char *support_collect (const Settings *settings, const char *ours, const char *job,
                       GCancellable *cancel);

/* Has the conversion server keep TEXT beside JOB; returns its path over there (caller
 * frees).  Errors of remote_run. */
char *support_keep (const Settings *settings, const char *job, const char *text,
                    GCancellable *cancel, GError **error);
