/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe_server (probe.h) in a thread. */
#pragma once
#include "shared.h"
#include "work.h"

/* Gets PROBE for its own; ERROR is borrowed and NULL when all went well. */
typedef void (*LookDone) (Probe *probe, const GError *error, gpointer owner);

/* Looks with copies of SETTINGS and MACHINE (may be NULL). */
GCancellable *look_start (const Settings *settings, const P2vMachine *machine, LookDone done,
                          GObject *owner);
