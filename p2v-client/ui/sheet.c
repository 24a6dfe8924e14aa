/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sheet.h"
#include "rows.h"

GtkWidget *
sheet_new (void)
{
  GtkWidget *sheet = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_style_context_add_class (gtk_widget_get_style_context (sheet), "page");
  return sheet;
}

GtkWidget *
sheet_add_buttons (GtkWidget *sheet)
{
  GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  gtk_container_add (GTK_CONTAINER (sheet), buttons);
  return buttons;
}

GtkWidget *
sheet_add_button (GtkWidget *buttons, const char *label, void (*clicked) (gpointer data),
                  gpointer data)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);
  gtk_widget_set_can_default (button, TRUE);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (clicked), data);
  gtk_container_add (GTK_CONTAINER (buttons), button);
  return button;
}

static void
close_sheet (gpointer data)
{
  p2v_window_close_sheet (data);
}

void
sheet_ask (P2vWindow *window, const char *title, const char *text, const char *yes,
           void (*clicked) (gpointer data), gpointer data)
{
  GtkWidget *sheet = sheet_new ();
  gtk_container_add (GTK_CONTAINER (sheet), row_make_label (text, NULL));
  GtkWidget *buttons = sheet_add_buttons (sheet);
  GtkWidget *no = sheet_add_button (buttons, _ ("_Cancel"), close_sheet, window);
  sheet_add_button (buttons, yes, clicked, data);
  p2v_window_open_sheet (window, title, sheet);
  gtk_widget_grab_default (no);
  gtk_widget_grab_focus (no);
}
