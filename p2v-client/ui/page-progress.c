/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-progress.h"
#include <string.h>
#include "conversion.h"
#include "dialog/say.h"
#include "estimate.h"
#include "hooks.h"
#include "notice.h"
#include "phase-list.h"
#include "rows.h"

#define TICK_MS 500

struct _P2vPageProgress {
  P2vPage parent;
  GtkLabel *words, *figures, *elapsed, *waiting_words, *locked_words;
  GtkProgressBar *bar;
  GtkBox *link, *question, *waiting, *systems, *locked;
  GtkEntry *passphrase;
  GtkComboBoxText *system;
  GtkGrid *phases;
  GtkTextView *log;
  GtkWidget *cancel, *go_on, *adopt;
  PhaseList *list;
  Conversion *conversion; /* NULL before and after */
  GCancellable *hook;     /* ends the command of p2v.pre */
  char *phase;
  gboolean lost;
  gint64 began;
  guint timer;
};

G_DEFINE_TYPE (P2vPageProgress, p2v_page_progress, P2V_TYPE_PAGE)

static Shared *
shared_of (P2vPageProgress *self)
{
  return p2v_page_shared (P2V_PAGE (self));
}

/* ---- figures ---- */

static void
show_figures (P2vPageProgress *self, const Event *event)
{
  g_autofree char *figures = say_figures (event, self->lost);
  gtk_progress_bar_set_fraction (self->bar, event->percent / 100);
  gtk_label_set_text (self->figures, figures);
}

static gboolean
tick (gpointer data)
{
  P2vPageProgress *self = data;
  gint64 now = g_get_monotonic_time ();
  g_autofree char *time = estimate_format_seconds ((now - self->began) / G_USEC_PER_SEC);
  gtk_label_set_text (self->elapsed, time);
  phase_list_tick (self->list);
  return G_SOURCE_CONTINUE;
}

/* ---- events ---- */

static void
show_line (P2vPageProgress *self, const char *level, const char *text)
{
  Shared *shared = shared_of (self);
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->log);
  GtkTextIter end;
  shared_log (shared, level, text);
  const char *line = g_ptr_array_index (shared->log, shared->log->len - 1);
  gtk_text_buffer_get_end_iter (buffer, &end);
  gtk_text_buffer_insert (buffer, &end, line, -1);
  gtk_text_buffer_insert (buffer, &end, "\n", 1);
  gtk_text_buffer_place_cursor (buffer, &end);
  gtk_text_view_scroll_mark_onscreen (self->log, gtk_text_buffer_get_insert (buffer));
}

static void
begin_phase (P2vPageProgress *self, const Event *event)
{
  g_free (self->phase);
  self->phase = g_strdup (event->phase ? event->phase : "");
  notice_hide (self->link); /* a job that had stopped goes on */
  phase_list_begin (self->list, self->phase);
  const char *now = say_phase_now (self->phase);
  gtk_label_set_text (self->words, now ? now : event->text ? event->text : self->phase);
  show_line (self, self->phase, event->text ? event->text : "");
}

static void
show_link (P2vPageProgress *self, const Event *event)
{
  self->lost = event->kind == EVENT_LINK_LOST;
  show_line (self, "link", event->text ? event->text : "");
  if (self->lost)
    notice_show (self->link, NOTICE_WARNING, _ ("The connection is broken: reconnecting…"),
                 _ ("Nothing is lost. The conversion goes on by itself as soon as the network is "
                    "back."));
  else
    notice_hide (self->link);
}

static void
show_stop (P2vPageProgress *self, const Event *event)
{
  g_autofree char *why = say_error (event->error);
  show_line (self, "stopped", event->text);
  notice_show (
      self->link, NOTICE_WARNING,
      _ ("The conversion has come to a halt, and keeps everything until this is put right:"), why);
}

static void
finish (P2vPageProgress *self, Event *event)
{
  phase_list_end (self->list, event->error == NULL);
  tick (self);
  show_figures (self, event);
  g_clear_handle_id (&self->timer, g_source_remove);
  shared_finish (shared_of (self), event);
  g_clear_pointer (&self->conversion, conversion_free);
  p2v_page_set_complete (P2V_PAGE (self), TRUE);
  p2v_page_go_on (P2V_PAGE (self));
}

static void
ask_about_waiting (P2vPageProgress *self, const Event *event)
{
  g_autofree char *words = say_words (event->text ? event->text : "");
  show_line (self, "waiting", event->text ? event->text : "");
  gtk_label_set_text (self->waiting_words, words);
  gtk_widget_show (GTK_WIDGET (self->waiting));
  gtk_widget_grab_focus (self->adopt);
}

static void
decide (P2vPageProgress *self, gboolean adopt)
{
  gtk_widget_hide (GTK_WIDGET (self->waiting));
  gtk_widget_grab_focus (self->cancel);
  if (self->conversion)
    conversion_decide (self->conversion, adopt);
}

static void
adopt_waiting (P2vPageProgress *self)
{
  decide (self, TRUE);
}

static void
begin_anew (P2vPageProgress *self)
{
  decide (self, FALSE);
}

static void
ask_which_system (P2vPageProgress *self, const Event *event)
{
  show_line (self, "choice", event->text ? event->text : "");
  gtk_combo_box_text_remove_all (self->system);
  for (guint i = 0; event->choices[i]; i++)
    gtk_combo_box_text_append_text (self->system, event->choices[i]);
  gtk_combo_box_set_active (GTK_COMBO_BOX (self->system), 0);
  gtk_widget_show (GTK_WIDGET (self->systems));
  gtk_widget_grab_focus (GTK_WIDGET (self->system));
}

static void
choose_system (P2vPageProgress *self)
{
  gtk_widget_hide (GTK_WIDGET (self->systems));
  gtk_widget_grab_focus (self->cancel);
  if (self->conversion)
    conversion_choose (self->conversion,
                       (guint)gtk_combo_box_get_active (GTK_COMBO_BOX (self->system)));
}

static void
ask_for_passphrase (P2vPageProgress *self, const Event *event)
{
  g_autofree char *words = say_locked (event->choices);
  show_line (self, "locked", event->text ? event->text : "");
  gtk_label_set_text (self->locked_words, words);
  gtk_widget_show (GTK_WIDGET (self->locked));
  gtk_widget_grab_focus (GTK_WIDGET (self->passphrase));
}

static void
answer_locked (P2vPageProgress *self, const char *passphrase)
{
  if (self->conversion)
    conversion_unlock (self->conversion, passphrase);
  gtk_entry_set_text (self->passphrase, "");
  gtk_widget_hide (GTK_WIDGET (self->locked));
  gtk_widget_grab_focus (self->cancel);
}

static void
unlock (P2vPageProgress *self)
{
  if (*gtk_entry_get_text (self->passphrase))
    answer_locked (self, gtk_entry_get_text (self->passphrase));
}

static void
leave_locked (P2vPageProgress *self)
{
  answer_locked (self, NULL);
}

static void
take_event (Event *event, gpointer data)
{
  P2vPageProgress *self = data;
  switch (event->kind) {
  case EVENT_PHASE:
    begin_phase (self, event);
    break;
  case EVENT_PROGRESS:
    show_figures (self, event);
    break;
  case EVENT_LOG:
    show_line (self, event->level ? event->level : "info", event->text ? event->text : "");
    break;
  case EVENT_LINK_LOST:
  case EVENT_LINK_BACK:
    show_link (self, event);
    break;
  case EVENT_STOPPED:
    show_stop (self, event);
    break;
  case EVENT_WAITING:
    ask_about_waiting (self, event);
    break;
  case EVENT_CHOICE:
    ask_which_system (self, event);
    break;
  case EVENT_LOCKED:
    ask_for_passphrase (self, event);
    break;
  case EVENT_FINISHED:
    finish (self, event);
    return;
  }
  event_free (event);
}

/* ---- from beginning to end ---- */

/* p2v.pre of the kernel arguments.  Serves the main loop meanwhile. */
static gboolean
run_hook (P2vPageProgress *self, GError **error)
{
  const char *command = settings_get (shared_of (self)->settings, SETTING_pre);
  if (!command || !*command)
    return TRUE;
  g_autofree char *output = NULL;
  gtk_label_set_text (self->words, _ ("Running the command of p2v.pre="));
  gboolean ok = hooks_run ("p2v.pre", command, &output, self->hook, error);
  if (output && *g_strstrip (output))
    show_line (self, "p2v.pre", output);
  return ok;
}

static gboolean
start_conversion (gpointer data)
{
  P2vPageProgress *self = data;
  const Shared *shared = shared_of (self);
  GError *error = NULL;
  if (!run_hook (self, &error)) {
    Event *event = event_new (EVENT_FINISHED);
    event->error = error;
    finish (self, event);
    return G_SOURCE_REMOVE;
  }
  self->conversion = conversion_new (shared->settings, shared->machine);
  conversion_set_asks (self->conversion);
  if (g_cancellable_is_cancelled (self->hook))
    conversion_cancel (self->conversion);
  conversion_start (self->conversion, take_event, self);
  return G_SOURCE_REMOVE;
}

static void
enter (P2vPage *page)
{
  P2vPageProgress *self = P2V_PAGE_PROGRESS (page);
  self->began = g_get_monotonic_time ();
  self->lost = FALSE;
  /* It may be the second one. */
  p2v_page_set_complete (page, FALSE);
  g_clear_pointer (&self->phase, g_free);
  g_clear_pointer (&self->list, phase_list_free);
  g_clear_object (&self->hook);
  rows_clear (GTK_CONTAINER (self->phases));
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->log), "", 0);
  gtk_widget_set_sensitive (self->cancel, TRUE);
  gtk_widget_hide (GTK_WIDGET (self->question));
  gtk_widget_hide (GTK_WIDGET (self->waiting));
  gtk_widget_hide (GTK_WIDGET (self->systems));
  gtk_widget_hide (GTK_WIDGET (self->locked));
  notice_hide (self->link);
  gtk_label_set_text (self->words, _ ("Starting"));
  self->list = phase_list_new (self->phases);
  self->timer = g_timeout_add (TICK_MS, tick, self);
  self->hook = g_cancellable_new ();
  gtk_widget_grab_focus (self->cancel);
  g_idle_add (start_conversion, self);
}

static void
ask_to_cancel (P2vPageProgress *self)
{
  gtk_widget_show (GTK_WIDGET (self->question));
  gtk_widget_grab_focus (self->go_on);
}

static void
go_on_converting (P2vPageProgress *self)
{
  gtk_widget_hide (GTK_WIDGET (self->question));
  gtk_widget_grab_focus (self->cancel);
}

static void
cancel_now (P2vPageProgress *self)
{
  gtk_widget_hide (GTK_WIDGET (self->question));
  gtk_widget_set_sensitive (self->cancel, FALSE);
  gtk_label_set_text (
      self->words, _ ("Cancelling; the conversion server cleans up, which takes up to a minute."));
  g_cancellable_cancel (self->hook);
  if (self->conversion)
    conversion_cancel (self->conversion);
}

static void
dispose (GObject *object)
{
  P2vPageProgress *self = P2V_PAGE_PROGRESS (object);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->conversion, conversion_free);
  g_clear_pointer (&self->list, phase_list_free);
  g_clear_pointer (&self->phase, g_free);
  g_clear_object (&self->hook);
  G_OBJECT_CLASS (p2v_page_progress_parent_class)->dispose (object);
}

static void
p2v_page_progress_class_init (P2vPageProgressClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  P2V_PAGE_CLASS (class)->enter = enter;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-progress.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageProgress, name)
  CHILD (words);
  CHILD (figures);
  CHILD (elapsed);
  CHILD (bar);
  CHILD (link);
  CHILD (question);
  CHILD (phases);
  CHILD (log);
  CHILD (cancel);
  CHILD (go_on);
  CHILD (waiting);
  CHILD (systems);
  CHILD (system);
  CHILD (locked);
  CHILD (locked_words);
  CHILD (passphrase);
  CHILD (waiting_words);
  CHILD (adopt);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget, ask_to_cancel);
  gtk_widget_class_bind_template_callback (widget, go_on_converting);
  gtk_widget_class_bind_template_callback (widget, cancel_now);
  gtk_widget_class_bind_template_callback (widget, adopt_waiting);
  gtk_widget_class_bind_template_callback (widget, begin_anew);
  gtk_widget_class_bind_template_callback (widget, choose_system);
  gtk_widget_class_bind_template_callback (widget, unlock);
  gtk_widget_class_bind_template_callback (widget, leave_locked);
}

static void
p2v_page_progress_init (P2vPageProgress *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  row_shrink_combo (self->system);
}
