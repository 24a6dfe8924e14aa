/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "headless.h"
#include "common/error.h"
#include "common/log.h"
#include "conversion.h"
#include "hardware.h"
#include "hooks.h"
#include "summary.h"
#include "view.h"
#include <glib-unix.h>
#include <signal.h>
#include <string.h>

typedef struct {
  const Settings *settings;
  const HeadlessOptions *options;
  Console *console;
  View *view;
  GCancellable *cancel;
  Conversion *conversion; /* NULL while none runs */
  GMainLoop *loop;
  Event *finished;
  const P2vMachine *machine;
} Headless;

void
headless_show_error (Console *console, const GError *error)
{
  g_autofree char *problem = p2v_error_problem (error);
  g_autofree char *remedy = p2v_error_remedy (error);
  console_print (console, "%s", problem);
  if (remedy)
    console_print (console, "%s", remedy);
}

void
headless_show_missing (Console *console, char **missing)
{
  g_autofree char *names = g_strjoinv (", ", missing);
  p2v_log_tell (P2V_LOG_ERROR, "nothing is converted, the kernel arguments are not complete: %s",
                names);
  console_print (console,
                 "Nothing is converted: the kernel arguments are not complete.\n"
                 "Missing: %s\n"
                 "Add them to the kernel command line (in the boot menu: e), for example:\n"
                 "  p2v.server=conv.example.com p2v.hostkey=SHA256:... p2v.username=p2v "
                 "p2v.identity=file:///etc/p2v/identity p2v.o=local p2v.os=/srv/guests",
                 names);
}

static gboolean
take_signal (gpointer data)
{
  Headless *headless = data;
  if (headless->conversion && !g_cancellable_is_cancelled (headless->cancel))
    console_print (headless->console,
                   "Cancelling; the conversion server cleans up, which takes up to a minute.");
  g_cancellable_cancel (headless->cancel);
  if (headless->conversion)
    conversion_cancel (headless->conversion);
  return G_SOURCE_CONTINUE;
}

static void
take_event (Event *event, gpointer data)
{
  Headless *headless = data;
  view_take (headless->view, event);
  if (event->kind == EVENT_FINISHED) {
    headless->finished = event;
    g_main_loop_quit (headless->loop);
  } else {
    event_free (event);
  }
}

static gboolean
is_cancelled (const GError *error)
{
  return g_error_matches (error, P2V_ERROR, P2V_ERROR_CANCELLED);
}

/* Ctrl-C ends the command, and before the conversion the whole run.  So does the
 * SIGTERM of a shutdown that the command itself has asked for. */
static gboolean
run_hook (Headless *headless, const char *argument, const char *command, GError **error)
{
  if (!command || !*command)
    return TRUE;
  g_autofree char *output = NULL;
  console_print (headless->console, "Running the command of %s=", argument);
  p2v_info ("running the command of %s=", argument);
  gboolean ok = hooks_run (argument, command, &output, headless->cancel, error);
  if (output && *g_strchomp (output))
    console_print (headless->console, "%s", output);
  g_auto (GStrv) lines = g_strsplit (output ? output : "", "\n", -1);
  for (guint i = 0; lines[i] && *lines[i]; i++)
    p2v_info ("%s: %s", argument, lines[i]);
  return ok;
}

static gboolean
convert (Headless *headless, GError **error)
{
  headless->conversion = conversion_new (headless->settings, headless->machine);
  /* A signal may have come while the commands ran. */
  if (g_cancellable_is_cancelled (headless->cancel))
    conversion_cancel (headless->conversion);
  conversion_start (headless->conversion, take_event, headless);
  g_main_loop_run (headless->loop);
  g_clear_pointer (&headless->conversion, conversion_free);
  if (!headless->finished->error)
    return TRUE;
  g_propagate_error (error, g_error_copy (headless->finished->error));
  return FALSE;
}

static void
show_notes (const Headless *headless, GPtrArray *notes)
{
  for (guint i = 0; i < notes->len; i++) {
    const HardwareNote *note = g_ptr_array_index (notes, i);
    console_print (headless->console, "Warning: %s%s%s", note->text, note->remedy ? " " : "",
                   note->remedy ? note->remedy : "");
    p2v_info ("%s", note->text); /* for the job's log */
  }
  g_ptr_array_unref (notes);
}

static gboolean
run (Headless *headless, P2vMachine **machine, GError **error)
{
  const Settings *settings = headless->settings;
  /* First: it may be why a disk is not found. */
  show_notes (headless, hardware_drivers ());
  *machine = inventory_read (settings, error);
  if (!*machine)
    return FALSE;
  headless->machine = *machine;
  g_autofree char *words = summary_of_machine (*machine, settings);
  console_print (headless->console, "%s", words);
  show_notes (headless, hardware_disks (*machine));
  return run_hook (headless, "p2v.pre", settings_get (settings, SETTING_pre), error) &&
         convert (headless, error);
}

static void
show_summary (const Headless *headless)
{
  const Event *finished = headless->finished;
  if (!finished || !finished->summary)
    return;
  g_autofree char *text = summary_of_job (finished->summary, headless->machine);
  if (*text)
    console_print (headless->console, "\n%s", text);
}

static int
end_well (Headless *headless)
{
  const Settings *settings = headless->settings;
  const char *command = settings_get (settings, SETTING_post);
  if (!command && headless->options->image)
    command = "poweroff";
  show_summary (headless);
  console_print (headless->console,
                 "\nThe conversion is done: guest %s. \"p2v-server show %s\" on "
                 "the conversion server has the report.",
                 headless->machine->name, headless->finished->job ? headless->finished->job : "");
  /* The guest is made: a command that fails now does not change that. */
  g_autoptr (GError) error = NULL;
  g_cancellable_reset (headless->cancel);
  if (!run_hook (headless, "p2v.post", command, &error) && !is_cancelled (error))
    headless_show_error (headless->console, error);
  return STATUS_OK;
}

void
headless_run_fail (const Settings *settings, Console *console)
{
  g_autoptr (GError) error = NULL;
  Headless headless = {.settings = settings, .console = console};
  if (!run_hook (&headless, "p2v.fail", settings_get (settings, SETTING_fail), &error))
    headless_show_error (console, error);
}

static int
end_badly (Headless *headless, const GError *cause)
{
  gboolean cancelled = is_cancelled (cause);
  show_summary (headless);
  console_print (headless->console, "\nThe conversion %s. The disks of this machine are unchanged.",
                 cancelled ? "was cancelled" : "failed");
  headless_show_error (headless->console, cause);
  if (!headless->finished) { /* else the conversion has told it */
    g_autofree char *sentence = p2v_error_sentence (cause);
    p2v_log_tell (P2V_LOG_ERROR, "nothing was converted: %s", sentence);
  }
  if (headless->finished && headless->finished->job)
    console_print (headless->console,
                   "Job %s on the conversion server: \"p2v-server log %s\" there "
                   "has all its lines.",
                   headless->finished->job, headless->finished->job);
  g_autoptr (GError) error = NULL;
  g_cancellable_reset (headless->cancel);
  if (!run_hook (headless, "p2v.fail", settings_get (headless->settings, SETTING_fail), &error) &&
      !is_cancelled (error))
    headless_show_error (headless->console, error);
  return cancelled ? STATUS_CANCELLED : STATUS_FAILED;
}

int
headless_run (const Settings *settings, Console *console, const HeadlessOptions *options)
{
  g_autoptr (View) view = view_new (console, options->verbose);
  g_autoptr (GCancellable) cancel = g_cancellable_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (P2vMachine) machine = NULL;
  g_autoptr (GError) error = NULL;
  Headless headless = {.settings = settings,
                       .options = options,
                       .console = console,
                       .view = view,
                       .cancel = cancel,
                       .loop = loop};
  guint on_int = g_unix_signal_add (SIGINT, take_signal, &headless);
  guint on_term = g_unix_signal_add (SIGTERM, take_signal, &headless);

  int status =
      run (&headless, &machine, &error) ? end_well (&headless) : end_badly (&headless, error);
  g_source_remove (on_int);
  g_source_remove (on_term);
  event_free (headless.finished);
  return status;
}
