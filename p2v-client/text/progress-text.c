/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress-text.h"
#include "dialog/say.h"
#include "estimate.h"
#include "terminal.h"

#define COLUMN 34 /* of the list of phases, which has two */

struct ProgressText {
  gint64 began, phase_began;
  gint64 took[SAY_PHASES]; /* microseconds */
  int current;             /* of say_phases; below 0: none of them */
  gboolean done[SAY_PHASES];
  char *now, *figures, *trouble;
  gboolean last_words; /* NOW stays */
  gboolean lost;
};

ProgressText *
progress_text_new (gint64 now)
{
  ProgressText *words = g_new0 (ProgressText, 1);
  words->began = words->phase_began = now;
  words->current = -1;
  words->now = g_strdup (_ ("Starting"));
  return words;
}

void
progress_text_free (ProgressText *words)
{
  g_free (words->now);
  g_free (words->figures);
  g_free (words->trouble);
  g_free (words);
}

void
progress_text_say (ProgressText *words, const char *what)
{
  words->last_words = TRUE;
  g_free (words->now);
  words->now = g_strdup (what);
}

static void
begin_phase (ProgressText *words, const Event *event)
{
  gint64 now = g_get_monotonic_time ();
  const char *phase = event->phase ? event->phase : "";
  const char *what = say_phase_now (phase);
  if (words->current >= 0) {
    words->done[words->current] = TRUE;
    words->took[words->current] = now - words->phase_began;
  }
  words->phase_began = now;
  words->current = -1;
  for (int i = 0; i < SAY_PHASES; i++)
    if (g_str_equal (say_phases[i], phase))
      words->current = i;
  g_clear_pointer (&words->trouble, g_free); /* a job that had stopped goes on */
  if (words->last_words)
    return;
  g_free (words->now);
  words->now = g_strdup (what ? what : event->text ? event->text : phase);
}

static void
take_link (ProgressText *words, gboolean lost)
{
  words->lost = lost;
  g_clear_pointer (&words->trouble, g_free);
  if (lost)
    words->trouble = g_strdup_printf (
        "%s %s", _ ("The connection is broken: reconnecting…"),
        _ ("Nothing is lost. The conversion goes on by itself as soon as the network is "
           "back."));
}

static void
take_stop (ProgressText *words, const GError *error)
{
  g_autofree char *why = say_error (error);
  g_free (words->trouble);
  words->trouble = g_strdup_printf (
      "%s %s",
      _ ("The conversion has come to a halt, and keeps everything until this is put right:"), why);
}

void
progress_text_take (ProgressText *words, const Event *event)
{
  switch (event->kind) {
  case EVENT_PHASE:
    begin_phase (words, event);
    break;
  case EVENT_PROGRESS:
    g_free (words->figures);
    words->figures = say_figures (event, words->lost);
    break;
  case EVENT_LINK_LOST:
  case EVENT_LINK_BACK:
    take_link (words, event->kind == EVENT_LINK_LOST);
    break;
  case EVENT_STOPPED:
    take_stop (words, event->error);
    break;
  case EVENT_LOG:
  case EVENT_WAITING:
  case EVENT_CHOICE:
  case EVENT_LOCKED:
  case EVENT_FINISHED:
    break;
  }
}

static char *
write_phase (const ProgressText *words, int i, gint64 now)
{
  gboolean running = i == words->current;
  gint64 took = running ? now - words->phase_began : words->took[i];
  g_autofree char *time =
      running || words->done[i] ? estimate_format_seconds (took / G_USEC_PER_SEC) : g_strdup ("");
  return g_strdup_printf ("[%c] %s  %s",
                          running          ? '>'
                          : words->done[i] ? 'x'
                                           : ' ',
                          say_phase (say_phases[i]), time);
}

char *
progress_text_write (const ProgressText *words, gint64 now)
{
  g_autoptr (GString) text = g_string_new (words->now);
  g_autofree char *elapsed = estimate_format_seconds ((now - words->began) / G_USEC_PER_SEC);
  g_string_append_printf (text, "\n%s\n%s\n", words->figures ? words->figures : "", elapsed);
  for (int i = 0; i < SAY_PHASES / 2; i++) {
    g_autofree char *left = write_phase (words, i, now);
    g_autofree char *right = write_phase (words, i + SAY_PHASES / 2, now);
    int gap = MAX (COLUMN - terminal_width (left), 1);
    g_string_append_printf (text, "\n%s%*s%s", left, gap, "", right);
  }
  if (words->trouble)
    g_string_append_printf (text, "\n\n%s", words->trouble);
  return g_strdup (text->str);
}
