/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/error.h"
#include "dialog/report.h"
#include "dialog/saving.h"
#include "dialog/say.h"
#include "hooks.h"
#include "stick-list.h"
#include "text.h"

#define TITLE _ ("Result")
#define NO    99u

typedef struct {
  guint power_off, reboot, report, save, again, close;
} Buttons;

static char *
write_success (const Shared *shared)
{
  g_autofree char *made =
      g_strdup_printf (_ ("The virtual machine “%s” is made."), shared->machine->name);
  g_autofree char *job =
      shared->finished->job
          ? g_strdup_printf (
                _ ("“p2v-server show %s” on the conversion server has the whole report."),
                shared->finished->job)
          : g_strdup ("");
  g_autofree char *command = report_go_live (shared);
  return g_strdup_printf (
      "%s\n%s\n\n%s\n%s\n\n%s\n%s", made, job,
      _ ("Power this machine off; then on the conversion server:"), command,
      _ ("Do not run both at once: they have the same name and the same addresses."),
      _ ("The way back: stop the virtual machine and start this one from its own disk. "
         "Nothing on it was changed."));
}

static char *
write_failure (const GError *error)
{
  gboolean cancelled = g_error_matches (error, P2V_ERROR, P2V_ERROR_CANCELLED);
  g_autofree char *words = say_error (error);
  return g_strdup_printf ("%s\n\n%s\n%s", cancelled ? _ ("The conversion was cancelled.") : words,
                          _ ("Nothing was changed on this machine"),
                          _ ("Its disks were only read. You can start it again as it was, or "
                             "convert it again."));
}

static void
make_buttons (Buttons *buttons, Sheet *sheet, const Shared *shared)
{
  gboolean image = shared->options->image, good = !shared->finished->error;
  *buttons = (Buttons){NO, NO, NO, NO, NO, NO};
  if (image)
    buttons->power_off = sheet_add_button (sheet, _ ("_Power off"), FALSE);
  if (image)
    buttons->reboot = sheet_add_button (sheet, _ ("Re_boot"), FALSE);
  buttons->report = sheet_add_button (sheet, _ ("Report"), FALSE);
  buttons->save = sheet_add_button (sheet, _ ("_Support file…"), FALSE);
  buttons->again = sheet_add_button (sheet, _ ("Convert _again…"), FALSE);
  buttons->close = sheet_add_button (sheet, _ ("_Close"), FALSE);
  sheet_begin_at_button (sheet, image && good ? buttons->power_off : buttons->close);
}

static void
run_command (Sheet *sheet, const char *argument, const char *command)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  if (!command || !*command || hooks_run (argument, command, &output, NULL, &error))
    return;
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  sheet_set_notice (sheet, NOTICE_ERROR, problem, remedy);
}

/* ---- the support file ---- */

typedef struct {
  guint server, first_stick, file, path;
  GPtrArray *sticks; /* StickChoice *; NULL elsewhere than on the image */
} Places;

typedef struct {
  gboolean done, good;
  char *words;
} Wait;

static void
take_saving (Work *work, gpointer owner G_GNUC_UNUSED)
{
  const Saving *saving = (const Saving *)work;
  Wait *wait = saving->data;
  wait->good = !saving->error;
  wait->words = saving->error ? say_error (saving->error) : saving_words (saving);
  wait->done = TRUE;
}

/* Without a disk a file is gone with the machine. */
static void
add_places (Places *places, Sheet *sheet, const Shared *shared)
{
  gboolean job = shared->finished->job != NULL;
  g_autofree char *path = saving_path (shared);
  *places = (Places){NO, NO, NO, NO, NULL};
  sheet_add_label (sheet, "");
  if (job)
    places->server =
        sheet_add_choice (sheet, _ ("On the conversion s_erver, beside its own log"), TRUE);
  if (shared->options->image)
    places->sticks = stick_list (shared->machine);
  for (guint i = 0; places->sticks && i < places->sticks->len; i++) {
    const StickChoice *stick = g_ptr_array_index (places->sticks, i);
    g_autofree char *words = g_strdup_printf ("%s: %s", _ ("USB stick"), stick->words);
    guint field = sheet_add_named_choice (sheet, words, FALSE);
    places->first_stick = i == 0 ? field : places->first_stick;
  }
  places->file = sheet_add_choice (sheet, _ ("In a _file"), !job);
  places->path = sheet_add_entry (sheet, _ ("File"), path);
}

static Saving *
make_saving (const Places *places, const Sheet *sheet, const Shared *shared, Wait *wait)
{
  const char *path = sheet_value (sheet, places->path), *stick = NULL;
  for (guint i = 0; places->sticks && i < places->sticks->len; i++)
    if (sheet_is_on (sheet, places->first_stick + i))
      stick = ((StickChoice *)g_ptr_array_index (places->sticks, i))->device;
  SavePlace place = stick                               ? SAVE_TO_STICK
                    : sheet_is_on (sheet, places->file) ? SAVE_TO_FILE
                                                        : SAVE_TO_SERVER;
  return saving_new (shared, place, stick, path, take_saving, wait);
}

static void
save (const Text *text, Sheet *result)
{
  g_autoptr (Sheet) sheet = sheet_new (_ ("Save a support file"));
  Places places;
  Wait wait = {0};
  sheet_set_text (sheet,
                  _ ("One file with what this machine and the conversion server have written "
                     "down, without passwords. Whoever is to help you needs it."));
  add_places (&places, sheet, text->shared);
  sheet_add_button (sheet, _ ("_Save"), FALSE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  if (sheet_run (sheet, NULL, NULL) == 0) {
    Saving *saving = make_saving (&places, sheet, text->shared, &wait);
    g_autoptr (GCancellable) cancel = work_start (&saving->work, text->owner);
    if (text_wait (TITLE, _ ("Working"), &wait.done, cancel))
      sheet_set_notice (result, wait.good ? NOTICE_GOOD : NOTICE_ERROR, wait.words, NULL);
  }
  g_clear_pointer (&places.sticks, g_ptr_array_unref);
  g_free (wait.words);
}

/* p2v.post and p2v.fail of the kernel arguments. */
static void
run_hook (Sheet *sheet, const Shared *shared)
{
  gboolean good = !shared->finished->error;
  SettingId id = good ? SETTING_post : SETTING_fail;
  if (settings_given (shared->settings, id))
    run_command (sheet, good ? "p2v.post" : "p2v.fail", settings_get (shared->settings, id));
}

Go
page_done (Text *text)
{
  const Shared *shared = text->shared;
  Buttons buttons;
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  g_autofree char *words =
      shared->finished->error ? write_failure (shared->finished->error) : write_success (shared);
  sheet_set_text (sheet, words);
  make_buttons (&buttons, sheet, shared);
  run_hook (sheet, shared);
  for (;;) {
    int button = sheet_run (sheet, NULL, NULL);
    sheet_set_notice (sheet, NOTICE_INFO, NULL, NULL);
    if (button < 0 || button == (int)buttons.close)
      return GO_LEAVE;
    if (button == (int)buttons.again)
      return GO_AGAIN;
    if (button == (int)buttons.power_off)
      run_command (sheet, "p2v.post", "poweroff");
    if (button == (int)buttons.reboot)
      run_command (sheet, "p2v.post", "reboot");
    if (button == (int)buttons.save)
      save (text, sheet);
    if (button == (int)buttons.report) {
      g_autofree char *report = report_make (shared);
      text_tell (_ ("Report"), report, NULL, NULL);
    }
  }
}
