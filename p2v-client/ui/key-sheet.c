/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "key-sheet.h"
#include "dialog/key-look.h"
#include "dialog/say.h"
#include "notice.h"
#include "rows.h"
#include "sheet.h"

typedef struct {
  P2vWindow *window;
  KeyChosen chosen;
  gpointer data;
  GtkWidget *sheet, *use, *again, *spinner;
  GtkComboBoxText *list;
  GtkBox *said;
  GPtrArray *found; /* StickKey *, as in the list; NULL: still being looked for */
  GCancellable *work;
} KeySheet;

static void
show_state (KeySheet *self)
{
  gboolean ready = self->found && self->found->len > 0;
  gtk_widget_set_visible (GTK_WIDGET (self->list), ready);
  gtk_widget_set_sensitive (self->use, ready);
  gtk_widget_set_sensitive (self->again, self->work == NULL);
  g_object_set (self->spinner, "active", self->work != NULL, NULL);
}

static void
show_error (KeySheet *self, const GError *error)
{
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  notice_show (self->said, NOTICE_ERROR, problem, remedy);
}

static void
take_look (GPtrArray *keys, const GError *failure, gpointer owner)
{
  KeySheet *self = g_object_get_data (owner, "sheet");
  g_clear_object (&self->work);
  self->found = keys;
  for (guint i = 0; i < keys->len; i++)
    gtk_combo_box_text_append_text (self->list,
                                    ((const StickKey *)g_ptr_array_index (keys, i))->words);
  gtk_combo_box_set_active (GTK_COMBO_BOX (self->list), 0);
  show_state (self);
  if (failure)
    show_error (self, failure);
  else if (keys->len == 0)
    notice_show (self->said, NOTICE_WARNING, _ ("There is no private key on a USB stick."),
                 _ ("Plug the stick in, wait some seconds, and look again."));
  gtk_widget_grab_focus (keys->len > 0 ? self->use : self->again);
}

static void
look (gpointer data)
{
  KeySheet *self = data;
  notice_hide (self->said);
  gtk_combo_box_text_remove_all (self->list);
  g_clear_pointer (&self->found, g_ptr_array_unref);
  self->work = key_look_start (take_look, G_OBJECT (self->sheet));
  show_state (self);
}

static void
use (gpointer data)
{
  KeySheet *self = data;
  g_autoptr (GError) error = NULL;
  int row = gtk_combo_box_get_active (GTK_COMBO_BOX (self->list));
  if (!self->found || row < 0 || (guint)row >= self->found->len)
    return;
  g_autofree char *path = stick_key_keep (g_ptr_array_index (self->found, (guint)row), &error);
  if (!path) {
    show_error (self, error);
    return;
  }
  KeyChosen chosen = self->chosen;
  gpointer owner = self->data;
  p2v_window_close_sheet (self->window); /* which frees SELF */
  chosen (path, owner);
}

static void
close_sheet (gpointer data)
{
  p2v_window_close_sheet (((KeySheet *)data)->window);
}

static void
sheet_closed (KeySheet *self)
{
  work_cancel (&self->work);
}

static void
key_sheet_free (gpointer data)
{
  KeySheet *self = data;
  g_clear_pointer (&self->found, g_ptr_array_unref);
  g_free (self);
}

void
key_sheet_open (P2vWindow *window, KeyChosen chosen, gpointer data)
{
  KeySheet *self = g_new0 (KeySheet, 1);
  *self = (KeySheet){.window = window, .chosen = chosen, .data = data, .sheet = sheet_new ()};
  g_object_set_data_full (G_OBJECT (self->sheet), "sheet", self, key_sheet_free);
  g_signal_connect_swapped (self->sheet, "destroy", G_CALLBACK (sheet_closed), self);
  gtk_container_add (GTK_CONTAINER (self->sheet),
                     row_make_label (_ ("The chosen key is copied into this machine's memory; the "
                                        "stick is only read and can be pulled out afterwards."),
                                     NULL));
  self->list = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self->list)), _ ("Private key"));
  gtk_container_add (GTK_CONTAINER (self->sheet), GTK_WIDGET (self->list));
  self->said = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10));
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (self->said)), "notice");
  gtk_widget_set_no_show_all (GTK_WIDGET (self->said), TRUE);
  gtk_container_add (GTK_CONTAINER (self->sheet), GTK_WIDGET (self->said));
  GtkWidget *buttons = sheet_add_buttons (self->sheet);
  self->use = sheet_add_button (buttons, _ ("_Use this key"), use, self);
  self->again = sheet_add_button (buttons, _ ("_Look again"), look, self);
  (void)sheet_add_button (buttons, _ ("_Close"), close_sheet, self);
  self->spinner = gtk_spinner_new ();
  atk_object_set_name (gtk_widget_get_accessible (self->spinner), _ ("Working"));
  gtk_container_add (GTK_CONTAINER (buttons), self->spinner);
  p2v_window_open_sheet (window, _ ("A private key from a USB stick"), self->sheet);
  look (self);
  gtk_widget_grab_default (self->use);
}
