/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of lists. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/shared.h"

/* Adds a row with a check button: TITLE, and DETAILS smaller below it (may be NULL).
 * Returns the button. */
GtkToggleButton *row_add (GtkListBox *list, const char *title, const char *details);

/* Puts WIDGET at the end of BUTTON's row. */
void row_add_widget (GtkToggleButton *button, GtkWidget *widget);

/* A label that wraps, with a style class (may be NULL). */
GtkWidget *row_make_label (const char *text, const char *class);

/* Long texts, which other languages have: BUTTON's label wraps, or the choice that COMBO shows
 * ends in an ellipsis (its list has all of it). */
void row_wrap_button (gpointer button);
void row_shrink_combo (gpointer combo);

/* SCROLLED, which has a GtkViewport, scrolls to what gets the focus in it: there may be no mouse.
 */
void rows_follow_focus (gpointer scrolled);

/* Takes everything out of CONTAINER. */
void rows_clear (GtkContainer *container);
