/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person reads before and after the conversion. */
#pragma once
#include <json-glib/json-glib.h>
#include "common/machine.h"
#include "settings.h"

/* This machine and what is to become of it (caller frees). */
char *summary_of_machine (const P2vMachine *machine, const Settings *settings);

/* The figures of a finished conversion: seconds per phase, bytes per disk as
 * counted by the block layer, nbdkit and tunnel, and the server's own.  SUMMARY
 * as in EVENT_FINISHED.  Caller frees. */
char *summary_of_job (JsonObject *summary, const P2vMachine *machine);
