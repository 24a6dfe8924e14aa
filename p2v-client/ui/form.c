/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form.h"
#include "dialog/say.h"

typedef struct {
  Form *form;
  GtkEntry *entry;
  SettingId id;
  gboolean optional, unused, touched;
} Field;

struct Form {
  Settings *settings;
  GtkLabel *complaint;
  void (*changed) (gpointer data);
  gpointer data;
  GPtrArray *fields;
};

Form *
form_new (Settings *settings, GtkLabel *complaint, void (*changed) (gpointer data), gpointer data)
{
  Form *form = g_new0 (Form, 1);
  form->settings = settings;
  form->complaint = g_object_ref (complaint);
  form->changed = changed;
  form->data = data;
  form->fields = g_ptr_array_new_with_free_func (g_free);
  return form;
}

void
form_free (Form *form)
{
  if (!form)
    return;
  for (guint i = 0; i < form->fields->len; i++) {
    Field *field = g_ptr_array_index (form->fields, i);
    g_signal_handlers_disconnect_by_data (field->entry, field);
    g_object_unref (field->entry);
  }
  g_ptr_array_unref (form->fields);
  g_object_unref (form->complaint);
  g_free (form);
}

static gboolean
check (const Field *field, GError **error)
{
  const char *text = gtk_entry_get_text (field->entry);
  if (field->unused || (field->optional && !*text))
    return TRUE;
  return settings_check (field->id, text, error);
}

/* Nobody is told that what he has not come to yet is missing. */
static void
show (Field *field, const GError *error)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (field->entry));
  gboolean bad = error && field->touched;
  g_autofree char *words = bad ? say_error (error) : NULL;
  if (bad)
    gtk_style_context_add_class (style, "error");
  else
    gtk_style_context_remove_class (style, "error");
  atk_object_set_description (gtk_widget_get_accessible (GTK_WIDGET (field->entry)),
                              words ? words : "");
}

static void
complain (Form *form)
{
  g_autofree char *words = NULL;
  for (guint i = 0; i < form->fields->len; i++) {
    Field *field = g_ptr_array_index (form->fields, i);
    g_autoptr (GError) error = NULL;
    (void)check (field, &error);
    show (field, error);
    if (!words && error && field->touched)
      words = say_error (error);
  }
  gtk_label_set_text (form->complaint, words ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (form->complaint), words != NULL);
}

static void
take_change (GtkEntry *entry G_GNUC_UNUSED, gpointer data)
{
  Field *field = data;
  field->touched = TRUE;
  complain (field->form);
  field->form->changed (field->form->data);
}

void
form_add (Form *form, GtkEntry *entry, SettingId id, gboolean optional)
{
  Field *field = g_new0 (Field, 1);
  *field = (Field){.form = form, .entry = g_object_ref (entry), .id = id, .optional = optional};
  const char *value = settings_get (form->settings, id);
  gtk_entry_set_text (entry, value ? value : "");
  g_ptr_array_add (form->fields, field);
  g_signal_connect (entry, "changed", G_CALLBACK (take_change), field);
}

void
form_use (Form *form, GtkEntry *entry, gboolean used)
{
  for (guint i = 0; i < form->fields->len; i++) {
    Field *field = g_ptr_array_index (form->fields, i);
    if (field->entry == entry)
      field->unused = !used;
  }
  complain (form);
}

gboolean
form_is_good (Form *form)
{
  for (guint i = 0; i < form->fields->len; i++)
    if (!check (g_ptr_array_index (form->fields, i), NULL))
      return FALSE;
  return TRUE;
}

void
form_store (Form *form)
{
  for (guint i = 0; i < form->fields->len; i++) {
    const Field *field = g_ptr_array_index (form->fields, i);
    const char *text = gtk_entry_get_text (field->entry);
    settings_set (form->settings, field->id, field->unused || !*text ? NULL : text);
  }
}
