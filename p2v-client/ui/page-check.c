/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-check.h"
#include "dialog/check.h"
#include "dialog/work.h"
#include "rows.h"

struct _P2vPageCheck {
  P2vPage parent;
  GtkWidget *scrolled, *busy, *again;
  GtkListBox *findings;
  GtkToggleButton *read;
  GCancellable *check;
  guint warnings, errors;
};

G_DEFINE_TYPE (P2vPageCheck, p2v_page_check, P2V_TYPE_PAGE)

/* ---- what is shown ---- */

static void
show_state (P2vPageCheck *self)
{
  gboolean busy = self->check != NULL;
  gboolean read = self->warnings == 0 || gtk_toggle_button_get_active (self->read);
  gtk_widget_set_visible (self->busy, busy);
  gtk_widget_set_visible (self->again, !busy);
  gtk_widget_set_visible (GTK_WIDGET (self->findings), !busy);
  gtk_widget_set_visible (GTK_WIDGET (self->read),
                          !busy && self->warnings > 0 && self->errors == 0);
  p2v_page_set_complete (P2V_PAGE (self), !busy && self->errors == 0 && read);
}

static void
add_finding (P2vPageCheck *self, const Finding *finding)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *mark = row_make_label (notice_mark (finding->kind), "mark");
  const char *word = notice_word (finding->kind);
  g_autofree char *spoken =
      g_strdup_printf ("%s: %s %s", word, finding->text, finding->remedy ? finding->remedy : "");
  gtk_widget_set_valign (mark, GTK_ALIGN_START);
  atk_object_set_name (gtk_widget_get_accessible (mark), word);
  gtk_container_add (GTK_CONTAINER (texts), row_make_label (finding->text, NULL));
  if (finding->remedy)
    gtk_container_add (GTK_CONTAINER (texts), row_make_label (finding->remedy, "dim-label"));
  gtk_container_add (GTK_CONTAINER (box), mark);
  gtk_container_add (GTK_CONTAINER (box), texts);
  gtk_container_add (GTK_CONTAINER (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  atk_object_set_name (gtk_widget_get_accessible (row), spoken);
  gtk_container_add (GTK_CONTAINER (self->findings), row);
  gtk_widget_show_all (row);
}

static void
take_check (GPtrArray *findings, P2vMachine *machine, gpointer owner)
{
  P2vPageCheck *self = owner;
  Shared *shared = p2v_page_shared (P2V_PAGE (self));
  g_clear_object (&self->check);
  for (guint i = 0; i < findings->len; i++) {
    const Finding *finding = g_ptr_array_index (findings, i);
    self->warnings += finding->kind == NOTICE_WARNING ? 1 : 0;
    self->errors += finding->kind == NOTICE_ERROR ? 1 : 0;
    add_finding (self, finding);
  }
  p2v_machine_free (shared->machine);
  shared->machine = machine;
  g_ptr_array_unref (findings);
  show_state (self);
  if (p2v_page_is_complete (P2V_PAGE (self))) {
    GtkWindow *window = GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self)));
    gtk_widget_grab_focus (gtk_window_get_default_widget (window));
  } else if (gtk_widget_get_visible (GTK_WIDGET (self->read))) {
    gtk_widget_grab_focus (GTK_WIDGET (self->read));
  }
}

static void
start_check (P2vPageCheck *self)
{
  const Shared *shared = p2v_page_shared (P2V_PAGE (self));
  work_cancel (&self->check);
  rows_clear (GTK_CONTAINER (self->findings));
  gtk_toggle_button_set_active (self->read, FALSE);
  self->warnings = self->errors = 0;
  self->check = check_start (shared->settings, take_check, G_OBJECT (self));
  show_state (self);
}

static void
enter (P2vPage *page)
{
  start_check (P2V_PAGE_CHECK (page));
}

static void
dispose (GObject *object)
{
  work_cancel (&P2V_PAGE_CHECK (object)->check);
  G_OBJECT_CLASS (p2v_page_check_parent_class)->dispose (object);
}

static void
p2v_page_check_class_init (P2vPageCheckClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  P2V_PAGE_CLASS (class)->enter = enter;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-check.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageCheck, name)
  CHILD (scrolled);
  CHILD (busy);
  CHILD (again);
  CHILD (findings);
  CHILD (read);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget, show_state);
  gtk_widget_class_bind_template_callback (widget, start_check);
}

static void
p2v_page_check_init (P2vPageCheck *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  rows_follow_focus (self->scrolled);
  row_wrap_button (self->read);
}
