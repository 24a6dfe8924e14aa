/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "question.h"
#include "dialog/desk.h"
#include "rows.h"
#include "sheet.h"

/* With its widget's memory. */
typedef struct {
  Question *question;
  P2vWindow *window;
  GtkWidget *entry;
} Shown;

static void
sheet_gone (gpointer data)
{
  Shown *shown = data;
  g_object_set_data (G_OBJECT (shown->window), "question", NULL);
  question_settle (shown->question, NULL);
  question_unref (shown->question);
  g_object_unref (shown->window);
  g_free (shown);
}

static void
take_answer (gpointer data)
{
  Shown *shown = data;
  question_settle (shown->question, gtk_entry_get_text (GTK_ENTRY (shown->entry)));
  p2v_window_close_sheet (shown->window);
}

static void
give_up (gpointer data)
{
  p2v_window_close_sheet (((Shown *)data)->window);
}

static void
show_question (Question *question, gpointer data)
{
  P2vWindow *window = data;
  g_autofree char *from = g_strdup_printf (_ ("%s asks:"), question_peer (question));
  g_autofree char *text = question_words (question);
  GtkWidget *sheet = sheet_new ();
  GtkWidget *entry = gtk_entry_new ();
  Shown *shown = g_new0 (Shown, 1);
  *shown = (Shown){question_ref (question), g_object_ref (window), entry};
  gtk_entry_set_visibility (GTK_ENTRY (entry), question_echo (question));
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  atk_object_set_name (gtk_widget_get_accessible (entry), _ ("Answer"));
  gtk_container_add (GTK_CONTAINER (sheet), row_make_label (from, "dim-label"));
  gtk_container_add (GTK_CONTAINER (sheet), row_make_label (text, "section"));
  gtk_container_add (GTK_CONTAINER (sheet), entry);
  gtk_container_add (
      GTK_CONTAINER (sheet),
      row_make_label (_ ("Every connection of a conversion has to log in: the server may ask "
                         "several times, and again after the network was interrupted."),
                      "dim-label"));
  GtkWidget *buttons = sheet_add_buttons (sheet);
  GtkWidget *answer = sheet_add_button (buttons, _ ("_Answer"), take_answer, shown);
  sheet_add_button (buttons, _ ("_Give up"), give_up, shown);
  g_object_set_data_full (G_OBJECT (sheet), "question", shown, sheet_gone);
  p2v_window_open_sheet (window, _ ("A question for the login"), sheet);
  g_object_set_data (G_OBJECT (window), "question", question);
  gtk_widget_grab_default (answer);
  gtk_widget_grab_focus (entry);
}

static void
withdraw_question (Question *question, gpointer data)
{
  if (g_object_get_data (data, "question") == question)
    p2v_window_close_sheet (data);
}

static const DeskFace face = {show_question, withdraw_question};

static void
window_closed (gpointer data)
{
  desk_set_face (data, NULL, NULL);
}

void
question_serve (P2vWindow *window, Shared *shared)
{
  if (!shared->desk)
    shared->desk = desk_new (shared->settings);
  desk_set_face (shared->desk, &face, window);
  g_signal_connect_swapped (window, "destroy", G_CALLBACK (window_closed), shared->desk);
}
