/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/error.h"
#include "dialog/report.h"
#include "dialog/say.h"
#include "hooks.h"
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
      text_save_support (text);
    if (button == (int)buttons.report) {
      g_autofree char *report = report_make (shared);
      text_tell (_ ("Report"), report, NULL, NULL);
    }
  }
}
