/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What page "Done" has to say. */
#pragma once
#include "shared.h"

/* Versions, machine, figures as far as there are any, and the log, secrets replaced: for the
 * person and for a file (caller frees). */
char *report_make (const Shared *shared);

/* The commands that start the guest on the conversion server (caller frees). */
char *report_go_live (const Shared *shared);
