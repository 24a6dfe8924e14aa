/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notice.h"

static GtkWidget *
add_label (GtkContainer *box)
{
  GtkWidget *label = gtk_label_new (NULL);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_set_can_focus (label, FALSE);
  gtk_container_add (box, label);
  return label;
}

static const char *
icon_of (GtkMessageType type)
{
  switch (type) {
  case GTK_MESSAGE_ERROR:
    return "dialog-error-symbolic";
  case GTK_MESSAGE_WARNING:
    return "dialog-warning-symbolic";
  case GTK_MESSAGE_QUESTION:
    return "dialog-question-symbolic";
  default:
    return "dialog-information-symbolic";
  }
}

/* What is in it is made when the bar is used for the first time. */
static void
find_labels (GtkInfoBar *bar, GtkWidget **problem, GtkWidget **remedy)
{
  *problem = g_object_get_data (G_OBJECT (bar), "problem");
  *remedy = g_object_get_data (G_OBJECT (bar), "remedy");
  if (*problem)
    return;
  GtkContainer *area = GTK_CONTAINER (gtk_info_bar_get_content_area (bar));
  GtkWidget *icon = gtk_image_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  gtk_container_add (area, icon);
  gtk_widget_show (icon);
  *problem = add_label (GTK_CONTAINER (box));
  *remedy = add_label (GTK_CONTAINER (box));
  gtk_widget_set_hexpand (box, TRUE);
  gtk_widget_show (box);
  gtk_container_add (area, box);
  g_object_set_data (G_OBJECT (bar), "icon", icon);
  g_object_set_data (G_OBJECT (bar), "problem", *problem);
  g_object_set_data (G_OBJECT (bar), "remedy", *remedy);
}

void
notice_show (GtkInfoBar *bar, GtkMessageType type, const char *problem, const char *remedy)
{
  GtkWidget *first, *second;
  find_labels (bar, &first, &second);
  GtkImage *icon = g_object_get_data (G_OBJECT (bar), "icon");
  gtk_info_bar_set_message_type (bar, type);
  gtk_image_set_from_icon_name (icon, icon_of (type), GTK_ICON_SIZE_LARGE_TOOLBAR);
  gtk_label_set_text (GTK_LABEL (first), problem);
  gtk_label_set_text (GTK_LABEL (second), remedy ? remedy : "");
  gtk_widget_show (first);
  gtk_widget_set_visible (second, remedy != NULL);
  gtk_widget_show (GTK_WIDGET (bar));
}

void
notice_hide (GtkInfoBar *bar)
{
  gtk_widget_hide (GTK_WIDGET (bar));
}
