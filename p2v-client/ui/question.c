/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "question.h"
#include <string.h>
#include "common/text.h"
#include "rows.h"
#include "sheet.h"

#define LOOK_MS  200
#define TEXT_MAX 600

/* Lives as long as the program, for copies of the settings point to it. */
typedef struct {
  SettingsAsker asker;
  P2vWindow *window; /* of the main thread; NULL: nobody is there to ask */
  gint closed;       /* atomic: the same, for the other threads */
  GMutex turn;       /* held by the thread whose question is shown */
} Desk;

/* Shared by the thread that asks and the sheet; one of both may be gone early. */
typedef struct {
  Desk *desk;
  GMutex lock;
  GCond answered;
  char *peer, *text, *answer;
  gboolean echo, over;
  GtkWidget *sheet, *entry; /* of the main thread; NULL: not shown */
} Question;

static void
question_clear (gpointer data)
{
  Question *question = data;
  g_mutex_clear (&question->lock);
  g_cond_clear (&question->answered);
  g_free (question->peer);
  g_free (question->text);
  if (question->answer)
    explicit_bzero (question->answer, strlen (question->answer));
  g_free (question->answer);
}

static void
question_unref (gpointer question)
{
  g_atomic_rc_box_release_full (question, question_clear);
}

static void
settle (Question *question, const char *answer)
{
  g_mutex_lock (&question->lock);
  if (!question->over)
    question->answer = g_strdup (answer);
  question->over = TRUE;
  g_cond_signal (&question->answered);
  g_mutex_unlock (&question->lock);
}

/* ---- the sheet, in the main thread ---- */

static void
sheet_gone (gpointer data)
{
  Question *question = data;
  question->sheet = question->entry = NULL;
  settle (question, NULL);
  question_unref (question);
}

static void
take_answer (gpointer data)
{
  Question *question = data;
  settle (question, gtk_entry_get_text (GTK_ENTRY (question->entry)));
  p2v_window_close_sheet (question->desk->window);
}

static void
give_up (gpointer data)
{
  p2v_window_close_sheet (((Question *)data)->desk->window);
}

static void
show_question (Question *question)
{
  g_autofree char *from = g_strdup_printf (_ ("%s asks:"), question->peer);
  /* The server is not trusted with the screen. */
  g_autofree char *clean = p2v_text_clean (question->text, "\n");
  g_autofree char *text = g_utf8_substring (clean, 0, MIN (g_utf8_strlen (clean, -1), TEXT_MAX));
  GtkWidget *sheet = sheet_new ();
  GtkWidget *entry = gtk_entry_new ();
  question->sheet = sheet;
  question->entry = entry;
  gtk_entry_set_visibility (GTK_ENTRY (entry), question->echo);
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
  GtkWidget *answer = sheet_add_button (buttons, _ ("_Answer"), take_answer, question);
  sheet_add_button (buttons, _ ("_Give up"), give_up, question);
  g_object_set_data_full (G_OBJECT (sheet), "question", g_atomic_rc_box_acquire (question),
                          sheet_gone);
  p2v_window_open_sheet (question->desk->window, _ ("A question for the login"), sheet);
  gtk_widget_grab_default (answer);
  gtk_widget_grab_focus (entry);
}

static gboolean
open_question (gpointer data)
{
  Question *question = data;
  if (question->desk->window && !question->over)
    show_question (question);
  else
    settle (question, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
withdraw (gpointer data)
{
  Question *question = data;
  if (question->sheet && question->desk->window)
    p2v_window_close_sheet (question->desk->window);
  return G_SOURCE_REMOVE;
}

/* ---- the thread that asks ---- */

static char *
wait_for_answer (Question *question, GCancellable *cancel)
{
  g_mutex_lock (&question->lock);
  while (!question->over && !g_cancellable_is_cancelled (cancel) &&
         !g_atomic_int_get (&question->desk->closed))
    (void)g_cond_wait_until (&question->answered, &question->lock,
                             g_get_monotonic_time () + LOOK_MS * G_TIME_SPAN_MILLISECOND);
  gboolean shown = !question->over;
  question->over = TRUE;
  char *answer = g_steal_pointer (&question->answer);
  g_mutex_unlock (&question->lock);
  if (shown)
    g_idle_add_full (G_PRIORITY_DEFAULT, withdraw, g_atomic_rc_box_acquire (question),
                     question_unref);
  return answer;
}

static char *
ask (const char *peer, const char *text, gboolean echo, GCancellable *cancel, gpointer data)
{
  Desk *desk = data;
  if (g_atomic_int_get (&desk->closed))
    return NULL;
  g_mutex_lock (&desk->turn);
  Question *question = g_atomic_rc_box_new0 (Question);
  question->desk = desk;
  g_mutex_init (&question->lock);
  g_cond_init (&question->answered);
  question->peer = g_strdup (peer);
  question->text = g_strdup (text);
  question->echo = echo;
  g_idle_add_full (G_PRIORITY_DEFAULT, open_question, g_atomic_rc_box_acquire (question),
                   question_unref);
  char *answer = wait_for_answer (question, cancel);
  question_unref (question);
  g_mutex_unlock (&desk->turn);
  return answer;
}

static void
window_closed (Desk *desk)
{
  desk->window = NULL;
  g_atomic_int_set (&desk->closed, TRUE);
}

void
question_serve (P2vWindow *window, Shared *shared)
{
  Desk *desk = shared->desk;
  if (!desk) {
    desk = g_new0 (Desk, 1);
    desk->asker = (SettingsAsker){ask, desk};
    g_mutex_init (&desk->turn);
    shared->desk = desk;
    settings_set_asker (shared->settings, &desk->asker);
  }
  desk->window = window;
  g_atomic_int_set (&desk->closed, FALSE);
  g_signal_connect_swapped (window, "destroy", G_CALLBACK (window_closed), desk);
}
