/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message of a page, in a GtkInfoBar with nothing in it but two labels. */
#pragma once
#include <gtk/gtk.h>

/* Shows PROBLEM, and REMEDY below it (may be NULL), as a message of TYPE.  A screen
 * reader reads both. */
void notice_show (GtkInfoBar *bar, GtkMessageType type, const char *problem, const char *remedy);
void notice_hide (GtkInfoBar *bar);
