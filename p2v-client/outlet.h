/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One place where the log goes besides: a remote syslog, or a file on a stick. */
#pragma once
#include <glib.h>
#include "common/log.h"

typedef struct Outlet Outlet;

/* WHERE: a word of p2v.log=.  NAME: what this machine is called there.  A stick is waited for
 * PATIENCE_S seconds.  P2V_ERROR_SETTINGS. */
Outlet *outlet_open (const char *where, const char *name, guint patience_s, GError **error);

/* Any thread.  Never waits: another thread delivers; a receiver that takes nothing loses the
 * oldest lines, and is told how many. */
void outlet_take (Outlet *outlet, P2vLogLevel level, const char *text);

/* Delivers what waits, until END (monotonic time) at the latest. */
void outlet_close (Outlet *outlet, gint64 end);
