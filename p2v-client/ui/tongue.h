/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which language the wizard speaks, and what the keys of the keyboard mean. */
#pragma once
#include <gtk/gtk.h>

/* A chooser of the languages that there are; CHANGED is called after the choice, for
 * the window has to be made anew. */
GtkWidget *tongue_language_chooser (void (*changed) (gpointer data), gpointer data);

/* A chooser of the usual keyboard layouts: passwords are typed here. */
GtkWidget *tongue_keyboard_chooser (void);
