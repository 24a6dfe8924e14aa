/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "phase-list.h"
#include "dialog/say.h"
#include "estimate.h"

#define ROWS 5

typedef struct {
  GtkLabel *mark, *words, *time;
} Row;

struct PhaseList {
  Row rows[SAY_PHASES]; /* of say_phases; another one is shown in the heading only */
  int current;          /* -1: none */
  gint64 began;
};

static void
set_mark (Row *row, const char *mark, const char *state)
{
  g_autofree char *name = g_strdup_printf ("%s: %s", gtk_label_get_text (row->words), state);
  gtk_label_set_text (row->mark, mark);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (row->mark)), name);
}

static void
add_row (GtkGrid *grid, Row *row, guint i)
{
  int column = (int)(i / ROWS) * 3, line = (int)(i % ROWS);
  row->mark = GTK_LABEL (gtk_label_new (NULL));
  row->words = GTK_LABEL (gtk_label_new (say_phase (say_phases[i])));
  row->time = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_width_chars (row->mark, 2);
  gtk_label_set_xalign (row->words, 0);
  gtk_label_set_line_wrap (row->words, TRUE);
  gtk_label_set_xalign (row->time, 1);
  gtk_label_set_width_chars (row->time, 5);
  GtkLabel *const all[] = {row->mark, row->words, row->time};
  for (guint j = 0; j < G_N_ELEMENTS (all); j++)
    gtk_widget_set_valign (GTK_WIDGET (all[j]), GTK_ALIGN_START);
  gtk_widget_set_margin_end (GTK_WIDGET (row->time), column == 0 ? 16 : 0);
  gtk_widget_set_hexpand (GTK_WIDGET (row->words), TRUE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (row->words)), "dim-label");
  set_mark (row, "·", _ ("still to come"));
  gtk_grid_attach (grid, GTK_WIDGET (row->mark), column, line, 1, 1);
  gtk_grid_attach (grid, GTK_WIDGET (row->words), column + 1, line, 1, 1);
  gtk_grid_attach (grid, GTK_WIDGET (row->time), column + 2, line, 1, 1);
}

PhaseList *
phase_list_new (GtkGrid *grid)
{
  PhaseList *list = g_new0 (PhaseList, 1);
  list->current = -1;
  for (guint i = 0; i < SAY_PHASES; i++)
    add_row (grid, &list->rows[i], i);
  gtk_widget_show_all (GTK_WIDGET (grid));
  return list;
}

void
phase_list_free (PhaseList *list)
{
  g_free (list);
}

static void
emphasize (Row *row, gboolean on)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (row->words));
  gtk_style_context_remove_class (style, "dim-label");
  if (on)
    gtk_style_context_add_class (style, "section");
  else
    gtk_style_context_remove_class (style, "section");
}

void
phase_list_tick (PhaseList *list)
{
  if (list->current < 0)
    return;
  gint64 seconds = (g_get_monotonic_time () - list->began) / G_USEC_PER_SEC;
  g_autofree char *time = estimate_format_seconds (seconds);
  gtk_label_set_text (list->rows[list->current].time, time);
}

void
phase_list_end (PhaseList *list, gboolean good)
{
  if (list->current < 0)
    return;
  Row *row = &list->rows[list->current];
  phase_list_tick (list);
  emphasize (row, FALSE);
  if (good)
    set_mark (row, "✓", _ ("done"));
  else
    set_mark (row, "✗", _ ("did not succeed"));
  list->current = -1;
}

void
phase_list_begin (PhaseList *list, const char *phase)
{
  phase_list_end (list, TRUE);
  list->began = g_get_monotonic_time ();
  for (guint i = 0; i < SAY_PHASES; i++)
    if (g_strcmp0 (say_phases[i], phase) == 0)
      list->current = (int)i;
  if (list->current < 0)
    return;
  emphasize (&list->rows[list->current], TRUE);
  set_mark (&list->rows[list->current], "▶", _ ("running"));
}
