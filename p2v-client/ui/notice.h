/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message of a page, in a box of the template with the style class "notice" and
 * nothing in it. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/mark.h"

/* Shows PROBLEM, and REMEDY below it (may be NULL). */
void notice_show (GtkBox *box, NoticeKind kind, const char *problem, const char *remedy);
void notice_hide (GtkBox *box);
