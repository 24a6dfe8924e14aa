/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be looked at before a start: this machine, its disks, the server, the target;
 * in a thread. */
#pragma once
#include "findings.h"

/* FINDINGS (Finding *) and MACHINE (what is to be converted, NULL when it cannot be read)
 * become the callee's. */
typedef void (*CheckDone) (GPtrArray *findings, P2vMachine *machine, gpointer owner);

/* Looks by a copy of SETTINGS. */
GCancellable *check_start (const Settings *settings, CheckDone done, GObject *owner);
