/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this machine's clock right?  The conversion server's is the measure. */
#pragma once
#include <glib.h>

/* What is wrong with OURS, in seconds since 1970 as THEIRS: sentences for a person (caller
 * frees), NULL when they agree within two minutes. */
char *clock_complaint (gint64 ours, gint64 theirs);
