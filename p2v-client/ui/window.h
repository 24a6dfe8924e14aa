/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame around the pages: the list of steps, the heading, Back and Next. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/shared.h"

#define P2V_TYPE_WINDOW (p2v_window_get_type ())
G_DECLARE_FINAL_TYPE (P2vWindow, p2v_window, P2V, WINDOW, GtkWindow)

/* SHEET (a floating widget) takes the place of the page and of the buttons until it is
 * closed, which destroys it.  A window manager, which other windows would need, is not on
 * the image.  One at a time: opening closes the one before. */
void p2v_window_open_sheet (P2vWindow *window, const char *title, GtkWidget *sheet);
void p2v_window_close_sheet (P2vWindow *window);

/* TRUE while a conversion runs. */
gboolean p2v_window_is_busy (P2vWindow *window);

/* With all pages, at the first.  Borrows SHARED. */
P2vWindow *p2v_window_new (Shared *shared);
