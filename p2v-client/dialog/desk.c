/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desk.h"
#include <string.h>
#include "common/text.h"

#define LOOK_MS  200
#define TEXT_MAX 600

struct Desk {
  SettingsAsker asker;
  const DeskFace *face; /* of the main thread */
  gpointer data;
  gint closed; /* atomic: there is no face, for the other threads */
  GMutex turn; /* held by the thread whose question is shown */
};

/* Shared by the thread that asks and what shows it; one of both may be gone early. */
struct Question {
  Desk *desk;
  GMutex lock;
  GCond answered;
  char *peer, *text, *answer;
  gboolean echo, over;
};

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

Question *
question_ref (Question *question)
{
  return g_atomic_rc_box_acquire (question);
}

void
question_unref (gpointer question)
{
  g_atomic_rc_box_release_full (question, question_clear);
}

const char *
question_peer (const Question *question)
{
  return question->peer;
}

char *
question_words (const Question *question)
{
  g_autofree char *clean = p2v_text_clean (question->text, "\n");
  return g_utf8_substring (clean, 0, MIN (g_utf8_strlen (clean, -1), TEXT_MAX));
}

gboolean
question_echo (const Question *question)
{
  return question->echo;
}

void
question_settle (Question *question, const char *answer)
{
  g_mutex_lock (&question->lock);
  if (!question->over)
    question->answer = g_strdup (answer);
  question->over = TRUE;
  g_cond_signal (&question->answered);
  g_mutex_unlock (&question->lock);
}

gboolean
question_is_over (Question *question)
{
  g_mutex_lock (&question->lock);
  gboolean over = question->over;
  g_mutex_unlock (&question->lock);
  return over;
}

/* ---- the main thread ---- */

static gboolean
show (gpointer data)
{
  Question *question = data;
  const Desk *desk = question->desk;
  if (desk->face && !question_is_over (question))
    desk->face->show (question, desk->data);
  else
    question_settle (question, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
withdraw (gpointer data)
{
  Question *question = data;
  const Desk *desk = question->desk;
  if (desk->face)
    desk->face->withdraw (question, desk->data);
  return G_SOURCE_REMOVE;
}

void
desk_set_face (Desk *desk, const DeskFace *face, gpointer data)
{
  desk->face = face;
  desk->data = data;
  g_atomic_int_set (&desk->closed, face == NULL);
}

/* ---- the thread that asks ---- */

static void
tell_main_thread (Question *question, GSourceFunc function)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, function, question_ref (question), question_unref);
}

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
    tell_main_thread (question, withdraw);
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
  tell_main_thread (question, show);
  char *answer = wait_for_answer (question, cancel);
  question_unref (question);
  g_mutex_unlock (&desk->turn);
  return answer;
}

Desk *
desk_new (Settings *settings)
{
  Desk *desk = g_new0 (Desk, 1);
  desk->asker = (SettingsAsker){ask, desk};
  desk->closed = TRUE;
  g_mutex_init (&desk->turn);
  settings_set_asker (settings, &desk->asker);
  return desk;
}
