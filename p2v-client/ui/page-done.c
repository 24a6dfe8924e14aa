/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-done.h"
#include "common/error.h"
#include "dialog/report.h"
#include "dialog/say.h"
#include "headless.h"
#include "hooks.h"
#include "notice.h"
#include "support-sheet.h"

struct _P2vPageDone {
  P2vPage parent;
  GtkBox *result, *both;
  GtkLabel *how_title, *how, *command;
  GtkTextView *report;
  GtkWidget *power_off, *reboot, *close;
};

G_DEFINE_TYPE (P2vPageDone, p2v_page_done, P2V_TYPE_PAGE)

/* ---- what is shown ---- */

static void
show_success (P2vPageDone *self, const Shared *shared)
{
  const char *name = shared->machine->name;
  g_autofree char *problem = g_strdup_printf (_ ("The virtual machine “%s” is made."), name);
  g_autofree char *job =
      shared->finished->job
          ? g_strdup_printf (
                _ ("“p2v-server show %s” on the conversion server has the whole report."),
                shared->finished->job)
          : NULL;
  g_autofree char *command = report_go_live (shared);
  gtk_label_set_text (self->how_title, _ ("How to go live"));
  notice_show (self->result, NOTICE_GOOD, problem, job);
  gtk_label_set_text (self->how, _ ("Power this machine off; then on the conversion server:"));
  gtk_label_set_text (self->command, command);
  notice_show (self->both, NOTICE_WARNING,
               _ ("Do not run both at once: they have the same name and the same addresses."),
               _ ("The way back: stop the virtual machine and start this one from its own disk. "
                  "Nothing on it was changed."));
}

static void
show_failure (P2vPageDone *self, const GError *error)
{
  gboolean cancelled = g_error_matches (error, P2V_ERROR, P2V_ERROR_CANCELLED);
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  notice_show (self->result, cancelled ? NOTICE_INFO : NOTICE_ERROR,
               cancelled ? _ ("The conversion was cancelled.") : problem, remedy);
  gtk_label_set_text (self->command, "");
  notice_hide (self->both);
  gtk_label_set_text (self->how_title, _ ("Nothing was changed on this machine"));
  gtk_label_set_text (self->how,
                      _ ("Its disks were only read. You can start it again as it was, or "
                         "convert it again."));
}

/* ---- what can be done ---- */

/* Commands of the kernel arguments and of the buttons, while the window lives on. */
static void
run_command (P2vPageDone *self, const char *argument, const char *command)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  if (!command || !*command || hooks_run (argument, command, &output, NULL, &error))
    return;
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  notice_show (self->both, NOTICE_ERROR, problem, remedy);
}

static void
power_off (P2vPageDone *self)
{
  run_command (self, "p2v.post", "poweroff");
}

static void
reboot (P2vPageDone *self)
{
  run_command (self, "p2v.post", "reboot");
}

static void
close_window (P2vPageDone *self)
{
  gtk_widget_destroy (gtk_widget_get_toplevel (GTK_WIDGET (self)));
}

static void
save (P2vPageDone *self)
{
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  support_sheet_open (P2V_WINDOW (window), p2v_page_shared (P2V_PAGE (self)));
}

static gboolean
run_hook (gpointer data)
{
  P2vPageDone *self = data;
  const Shared *shared = p2v_page_shared (P2V_PAGE (self));
  SettingId id = shared->finished->error ? SETTING_fail : SETTING_post;
  if (settings_given (shared->settings, id))
    run_command (self, id == SETTING_post ? "p2v.post" : "p2v.fail",
                 settings_get (shared->settings, id));
  return G_SOURCE_REMOVE;
}

static void
enter (P2vPage *page)
{
  P2vPageDone *self = P2V_PAGE_DONE (page);
  const Shared *shared = p2v_page_shared (page);
  gboolean image = shared->options->image;
  if (shared->finished->error)
    show_failure (self, shared->finished->error);
  else
    show_success (self, shared);
  g_autofree char *text = report_make (shared);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->report), text, -1);
  gtk_widget_set_visible (self->power_off, image);
  gtk_widget_set_visible (self->reboot, image);
  GtkWidget *first = image && !shared->finished->error ? self->power_off : self->close;
  gtk_widget_grab_default (first);
  gtk_widget_grab_focus (first);
  g_idle_add (run_hook, self);
}

static void
p2v_page_done_class_init (P2vPageDoneClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  P2V_PAGE_CLASS (class)->enter = enter;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-done.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageDone, name)
  CHILD (result);
  CHILD (both);
  CHILD (how_title);
  CHILD (how);
  CHILD (command);
  CHILD (report);
  CHILD (power_off);
  CHILD (reboot);
  CHILD (close);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget, power_off);
  gtk_widget_class_bind_template_callback (widget, reboot);
  gtk_widget_class_bind_template_callback (widget, close_window);
  gtk_widget_class_bind_template_callback (widget, save);
  gtk_widget_class_bind_template_callback (widget, p2v_page_start_over);
}

static void
p2v_page_done_init (P2vPageDone *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
