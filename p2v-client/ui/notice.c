/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notice.h"
#include "rows.h"

static const char *const classes[] = {
    [NOTICE_INFO] = "info",
    [NOTICE_GOOD] = "good",
    [NOTICE_WARNING] = "warning",
    [NOTICE_ERROR] = "error",
};

static void
set_class (GtkBox *box, NoticeKind kind)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (box));
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    gtk_style_context_remove_class (style, classes[i]);
  gtk_style_context_add_class (style, classes[kind]);
}

void
notice_show (GtkBox *box, NoticeKind kind, const char *problem, const char *remedy)
{
  GtkWidget *mark = row_make_label (notice_mark (kind), "mark");
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  rows_clear (GTK_CONTAINER (box));
  set_class (box, kind);
  gtk_widget_set_valign (mark, GTK_ALIGN_START);
  atk_object_set_name (gtk_widget_get_accessible (mark), notice_word (kind));
  gtk_container_add (GTK_CONTAINER (texts), row_make_label (problem, NULL));
  if (remedy)
    gtk_container_add (GTK_CONTAINER (texts), row_make_label (remedy, NULL));
  gtk_container_add (GTK_CONTAINER (box), mark);
  gtk_container_add (GTK_CONTAINER (box), texts);
  gtk_widget_set_no_show_all (GTK_WIDGET (box), FALSE);
  gtk_widget_show_all (GTK_WIDGET (box));
}

void
notice_hide (GtkBox *box)
{
  gtk_widget_hide (GTK_WIDGET (box));
}
