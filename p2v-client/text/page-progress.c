/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>
#include "conversion.h"
#include "dialog/say.h"
#include "estimate.h"
#include "hooks.h"
#include "progress-text.h"
#include "terminal.h"
#include "text.h"

#define TITLE _ ("Converting")

typedef struct {
  Text *text;
  Sheet *sheet;
  ProgressText *words;
  Conversion *conversion; /* NULL before and after */
  GCancellable *hook;     /* ends the command of p2v.pre */
  char *waiting;          /* the job that is asked about */
  char **choices;         /* the operating systems that are asked about */
  char **locked;          /* the encrypted volumes that are asked about */
  gboolean ended;
  gint64 shown; /* when the words were brought up to date */
} Progress;

static void
tell_line (Progress *progress, const char *level, const char *text)
{
  shared_log (progress->text->shared, level, text ? text : "");
}

/* Owns EVENT. */
static void
finish (Progress *progress, Event *event)
{
  shared_finish (progress->text->shared, event);
  progress->ended = TRUE;
}

static void
take_event (Event *event, gpointer data)
{
  Progress *progress = data;
  progress_text_take (progress->words, event);
  switch (event->kind) {
  case EVENT_PHASE:
    tell_line (progress, event->phase ? event->phase : "", event->text);
    break;
  case EVENT_PROGRESS:
    sheet_set_gauge (progress->sheet, event->percent);
    break;
  case EVENT_LOG:
    tell_line (progress, event->level ? event->level : "info", event->text);
    break;
  case EVENT_LINK_LOST:
  case EVENT_LINK_BACK:
    tell_line (progress, "link", event->text);
    break;
  case EVENT_STOPPED:
    tell_line (progress, "stopped", event->text);
    break;
  case EVENT_WAITING:
    tell_line (progress, "waiting", event->text);
    g_free (progress->waiting);
    progress->waiting = say_words (event->text ? event->text : "");
    break;
  case EVENT_CHOICE:
    tell_line (progress, "choice", event->text);
    g_strfreev (progress->choices);
    progress->choices = g_steal_pointer (&event->choices);
    break;
  case EVENT_LOCKED:
    tell_line (progress, "locked", event->text);
    g_strfreev (progress->locked);
    progress->locked = g_steal_pointer (&event->choices);
    break;
  case EVENT_FINISHED:
    finish (progress, event);
    return;
  }
  event_free (event);
}

/* ---- p2v.pre of the kernel arguments ---- */

/* newt does not read meanwhile. */
static gboolean
take_key (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  const Progress *progress = data;
  char keys[64];
  ssize_t n = read (fd, keys, sizeof keys);
  if (n > 0 && memchr (keys, 3, (gsize)n)) /* Ctrl-C */
    g_cancellable_cancel (progress->hook);
  return n > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
run_hook (Progress *progress, GError **error)
{
  const char *command = settings_get (progress->text->shared->settings, SETTING_pre);
  if (!command || !*command)
    return TRUE;
  g_autofree char *output = NULL;
  g_autoptr (GSource) keys = g_unix_fd_source_new (STDIN_FILENO, G_IO_IN);
  g_source_set_callback (keys, G_SOURCE_FUNC (take_key), progress, NULL);
  g_source_attach (keys, NULL);
  gboolean ok = hooks_run ("p2v.pre", command, &output, progress->hook, error);
  g_source_destroy (keys);
  if (output && *g_strstrip (output))
    tell_line (progress, "p2v.pre", output);
  return ok;
}

static gboolean
start_conversion (gpointer data)
{
  Progress *progress = data;
  const Shared *shared = progress->text->shared;
  GError *error = NULL;
  if (!run_hook (progress, &error)) {
    Event *event = event_new (EVENT_FINISHED);
    event->error = error;
    finish (progress, event);
    return G_SOURCE_REMOVE;
  }
  progress->conversion = conversion_new (shared->settings, shared->machine);
  conversion_set_asks (progress->conversion);
  if (g_cancellable_is_cancelled (progress->hook))
    conversion_cancel (progress->conversion);
  conversion_start (progress->conversion, take_event, progress);
  return G_SOURCE_REMOVE;
}

/* ---- what is asked meanwhile ---- */

/* Nothing is asked any more once it has ended. */
static void
end_with_it (Sheet *sheet, gpointer data)
{
  const Progress *progress = data;
  if (progress->ended)
    sheet_end (sheet, 1);
}

static void
cancel_now (Progress *progress)
{
  progress_text_say (
      progress->words,
      _ ("Cancelling; the conversion server cleans up, which takes up to a minute."));
  g_cancellable_cancel (progress->hook);
  if (progress->conversion)
    conversion_cancel (progress->conversion);
}

static void
ask_to_cancel (Progress *progress)
{
  if (terminal_is_ended () ||
      text_ask (TITLE,
                _ ("Cancel the conversion? What was made so far is removed. This machine is "
                   "unchanged."),
                _ ("Cancel _now"), _ ("_Go on converting"), end_with_it, progress))
    cancel_now (progress);
}

static void
ask_about_waiting (Progress *progress)
{
  g_autofree char *question = g_steal_pointer (&progress->waiting);
  gboolean adopt =
      text_ask (TITLE, question, _ ("_Go on with it"), _ ("_Begin anew"), end_with_it, progress);
  if (progress->conversion && !progress->ended)
    conversion_decide (progress->conversion, adopt);
}

/* The conversion waits meanwhile.  Who does not choose cancels. */
static void
ask_which_system (Progress *progress)
{
  g_auto (GStrv) choices = g_steal_pointer (&progress->choices);
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  sheet_set_text (sheet, _ ("There are several operating systems on the disks. Which one is to be "
                            "converted?"));
  for (guint i = 0; choices[i]; i++)
    sheet_add_named_choice (sheet, choices[i], i == 0);
  sheet_add_button (sheet, _ ("_Go on converting"), FALSE);
  sheet_add_button (sheet, _ ("_Cancel the conversion"), FALSE);
  if (sheet_run (sheet, end_with_it, progress) != 0) {
    cancel_now (progress);
    return;
  }
  for (guint i = 0; choices[i]; i++)
    if (sheet_is_on (sheet, i))
      conversion_choose (progress->conversion, i);
}

/* The conversion waits meanwhile.  Who leaves that cancels. */
static void
ask_for_passphrase (Progress *progress)
{
  g_auto (GStrv) locked = g_steal_pointer (&progress->locked);
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  g_autofree char *words = say_locked (locked);
  sheet_set_text (sheet, words);
  guint field = sheet_add_secret (sheet, _ ("Passphrase"), "");
  guint unlock = sheet_add_button (sheet, _ ("_Unlock"), FALSE);
  guint leave = sheet_add_button (sheet, _ ("L_eave it locked"), FALSE);
  sheet_add_button (sheet, _ ("_Cancel the conversion"), FALSE);
  int button;
  do
    button = sheet_run (sheet, end_with_it, progress);
  while (button == (int)unlock && !*sheet_value (sheet, field));
  if (progress->ended)
    return;
  if (button == (int)unlock)
    conversion_unlock (progress->conversion, sheet_value (sheet, field));
  else if (button == (int)leave)
    conversion_unlock (progress->conversion, NULL);
  else
    cancel_now (progress);
}

static void
show_log (Progress *progress)
{
  g_autofree char *log = shared_log_text (progress->text->shared);
  text_tell (_ ("Log"), log, end_with_it, progress);
}

/* ---- the sheet ---- */

#define ENDED   100
#define WAITING 101
#define CHOICE  102
#define LOCKED  103

static void
tick (Sheet *sheet, gpointer data)
{
  Progress *progress = data;
  gint64 now = g_get_monotonic_time ();
  if (progress->ended) {
    sheet_end (sheet, ENDED);
  } else if (progress->waiting) {
    sheet_end (sheet, WAITING);
  } else if (progress->choices) {
    sheet_end (sheet, CHOICE);
  } else if (progress->locked) {
    sheet_end (sheet, LOCKED);
  } else if (now - progress->shown > G_USEC_PER_SEC / 2) {
    g_autofree char *words = progress_text_write (progress->words, now);
    progress->shown = now;
    sheet_set_text (sheet, words);
  }
}

Go
page_progress (Text *text)
{
  Progress progress = {.text = text, .sheet = sheet_new (TITLE), .hook = g_cancellable_new ()};
  progress.words = progress_text_new (g_get_monotonic_time ());
  g_autofree char *words = progress_text_write (progress.words, g_get_monotonic_time ());
  sheet_set_text (progress.sheet, words);
  sheet_set_gauge (progress.sheet, 0);
  guint cancel = sheet_add_button (progress.sheet, _ ("_Cancel the conversion"), FALSE);
  guint log = sheet_add_button (progress.sheet, _ ("Log"), FALSE);
  sheet_begin_at_button (progress.sheet, log);
  g_idle_add (start_conversion, &progress);
  while (!progress.ended) {
    int button = sheet_run (progress.sheet, tick, &progress);
    if (button == WAITING)
      ask_about_waiting (&progress);
    else if (button == CHOICE)
      ask_which_system (&progress);
    else if (button == LOCKED)
      ask_for_passphrase (&progress);
    else if (button == (int)log)
      show_log (&progress);
    else if (button == (int)cancel || button == SHEET_LEAVE)
      ask_to_cancel (&progress);
  }
  conversion_free (progress.conversion);
  progress_text_free (progress.words);
  sheet_free (progress.sheet);
  g_object_unref (progress.hook);
  g_free (progress.waiting);
  g_strfreev (progress.choices);
  g_strfreev (progress.locked);
  return GO_NEXT;
}
