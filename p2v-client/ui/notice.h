/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message of a page, in a box of the template with the style class "notice" and
 * nothing in it. */
#pragma once
#include <gtk/gtk.h>

typedef enum { NOTICE_INFO, NOTICE_GOOD, NOTICE_WARNING, NOTICE_ERROR } NoticeKind;

/* A character that stands for it, from the font, so that no theme of icons is needed. */
const char *notice_mark (NoticeKind kind);

/* The word for it, for who does not see it (borrowed). */
const char *notice_word (NoticeKind kind);

/* Shows PROBLEM, and REMEDY below it (may be NULL). */
void notice_show (GtkBox *box, NoticeKind kind, const char *problem, const char *remedy);
void notice_hide (GtkBox *box);
