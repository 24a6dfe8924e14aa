/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>

/* "59 s", "12 min", "5 h", "3 d" (caller frees). */
char *list_age (gint64 seconds);

/* "42 %", or "-" when the total is not known (caller frees). */
char *list_progress (guint64 done, guint64 total);
