/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"
#include "dialog/say.h"

GtkWidget *
row_make_label (const char *text, const char *class)
{
  GtkWidget *label = gtk_label_new (text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  if (class)
    gtk_style_context_add_class (gtk_widget_get_style_context (label), class);
  return label;
}

/* GtkListBox gives the focus to whole rows, and where they do not take it, it stays before the
 * list for good.  These two pass it on, as containers do, to what is in the rows. */

static gboolean
focus_in_list (GtkWidget *list, GtkDirectionType direction)
{
  GtkWidgetClass *container = g_type_class_peek (GTK_TYPE_CONTAINER);
  g_signal_stop_emission_by_name (list, "focus");
  return container->focus (list, direction);
}

static gboolean
focus_in_row (GtkWidget *row, GtkDirectionType direction)
{
  g_signal_stop_emission_by_name (row, "focus");
  return gtk_widget_child_focus (gtk_bin_get_child (GTK_BIN (row)), direction);
}

GtkToggleButton *
row_add (GtkListBox *list, const char *title, const char *details)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *check = gtk_check_button_new ();
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_container_add (GTK_CONTAINER (texts), row_make_label (title, NULL));
  if (details)
    gtk_container_add (GTK_CONTAINER (texts), row_make_label (details, "details"));
  gtk_container_add (GTK_CONTAINER (check), texts);
  gtk_widget_set_hexpand (check, TRUE);
  gtk_widget_set_valign (texts, GTK_ALIGN_CENTER);
  gtk_widget_set_margin_start (texts, 4);
  gtk_container_add (GTK_CONTAINER (box), check);
  gtk_container_add (GTK_CONTAINER (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_can_focus (row, FALSE);
  g_signal_connect (row, "focus", G_CALLBACK (focus_in_row), NULL);
  if (!g_signal_handler_find (list, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, (gpointer)focus_in_list, NULL))
    g_signal_connect (list, "focus", G_CALLBACK (focus_in_list), NULL);
  atk_object_set_name (gtk_widget_get_accessible (check), title);
  atk_object_set_description (gtk_widget_get_accessible (check), details ? details : "");
  gtk_container_add (GTK_CONTAINER (list), row);
  gtk_widget_show_all (row);
  return GTK_TOGGLE_BUTTON (check);
}

void
row_add_widget (GtkToggleButton *button, GtkWidget *widget)
{
  gtk_box_pack_end (GTK_BOX (gtk_widget_get_parent (GTK_WIDGET (button))), widget, FALSE, FALSE, 0);
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  gtk_widget_show_all (widget);
}

void
row_wrap_button (gpointer button)
{
  GtkLabel *label = GTK_LABEL (gtk_bin_get_child (GTK_BIN (button)));
  gtk_label_set_line_wrap (label, TRUE);
  gtk_label_set_xalign (label, 0);
}

void
row_shrink_combo (gpointer combo)
{
  g_autoptr (GList) cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (combo));
  g_object_set (cells->data, "ellipsize", PANGO_ELLIPSIZE_END, NULL);
}

void
rows_follow_focus (gpointer scrolled)
{
  GtkWidget *content = gtk_bin_get_child (GTK_BIN (gtk_bin_get_child (GTK_BIN (scrolled))));
  gtk_container_set_focus_vadjustment (GTK_CONTAINER (content),
                                       gtk_scrolled_window_get_vadjustment (scrolled));
}

void
rows_clear (GtkContainer *container)
{
  g_autoptr (GList) children = gtk_container_get_children (container);
  for (GList *l = children; l; l = l->next)
    gtk_widget_destroy (l->data);
}
