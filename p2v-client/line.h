/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control connection: an SSH session with the control channel in it, which can be
 * made anew after it broke. */
#pragma once
#include "backoff.h"
#include "control.h"

typedef struct Line Line;

/* Connects once; errors of session_open and control_open.  Borrows SETTINGS and IDENTITY
 * until it is freed. */
Line *line_open (const Settings *settings, const Identity *identity, GCancellable *cancel,
                 GError **error);
void line_free (Line *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Line, line_free)

/* Closes what there is and connects again, by the same rules, after the waits of
 * BACKOFF, until DEADLINE (monotonic).  When FALSE there is no control channel any more:
 * P2V_ERROR_LINK after the deadline, P2V_ERROR_CANCELLED, or what forbids to go on trying. */
gboolean line_reopen (Line *line, Backoff *backoff, gint64 deadline, GCancellable *cancel,
                      GError **error);

/* Borrowed; another one after line_reopen. */
Control *line_control (Line *line);

/* "user@host", for messages. */
const char *line_peer (Line *line);
