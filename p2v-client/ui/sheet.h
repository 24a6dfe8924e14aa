/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building blocks of sheets (window.h). */
#pragma once
#include "window.h"

/* An empty sheet, to be filled from above. */
GtkWidget *sheet_new (void);

/* A row of buttons at its end; the last one is where the sheet is left. */
GtkWidget *sheet_add_buttons (GtkWidget *sheet);

/* Adds a button to such a row; CLICKED gets DATA. */
GtkWidget *sheet_add_button (GtkWidget *buttons, const char *label, void (*clicked) (gpointer data),
                             gpointer data);

/* A question with two answers: YES is pressed to do it, NO closes the sheet and has the
 * focus. */
void sheet_ask (P2vWindow *window, const char *title, const char *text, const char *yes,
                void (*clicked) (gpointer data), gpointer data);
