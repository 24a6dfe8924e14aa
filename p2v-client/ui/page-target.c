/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-target.h"
#include "dialog/say.h"
#include "form.h"
#include "rows.h"

struct _P2vPageTarget {
  P2vPage parent;
  GtkBox *kinds;
  GtkLabel *where_label, *room, *connection_label, *complaint;
  GtkComboBoxText *where, *connection, *format, *allocation;
  GtkEntry *where_entry;
  GPtrArray *buttons; /* GtkToggleButton * with "kind" */
  char **shown;       /* the server's list that they stand for */
  Form *form;
};

G_DEFINE_TYPE (P2vPageTarget, p2v_page_target, P2V_TYPE_PAGE)

static const char *
kind_of (P2vPageTarget *self)
{
  for (guint i = 0; i < self->buttons->len; i++) {
    GtkToggleButton *button = g_ptr_array_index (self->buttons, i);
    if (gtk_toggle_button_get_active (button))
      return g_object_get_data (G_OBJECT (button), "kind");
  }
  return NULL;
}

static void
take_change (gpointer data)
{
  P2vPageTarget *self = data;
  p2v_page_set_complete (P2V_PAGE (self), kind_of (self) && form_is_good (self->form));
}

static void
show_room (P2vPageTarget *self)
{
  const Probe *probe = p2v_page_shared (P2V_PAGE (self))->probe;
  const char *text = gtk_entry_get_text (self->where_entry);
  gboolean same = probe && probe->directory && probe->free >= 0 &&
                  (g_str_equal (text, probe->directory) || !*text);
  g_autofree char *words = same ? say_room (probe) : g_strdup (_ ("Is checked on the next page."));
  gtk_label_set_text (self->room, words);
}

/* The options of the kind that is chosen. */
static void
show_options (P2vPageTarget *self)
{
  const char *kind = kind_of (self);
  const Probe *probe = p2v_page_shared (P2V_PAGE (self))->probe;
  gboolean libvirt = g_strcmp0 (kind, "libvirt") == 0;
  gtk_label_set_text_with_mnemonic (self->where_label, say_target_where (kind));
  gtk_entry_set_placeholder_text (self->where_entry, libvirt ? "default" : "/var/tmp");
  g_autofree char *now = g_strdup (gtk_entry_get_text (self->where_entry));
  gtk_combo_box_text_remove_all (self->where);
  for (guint i = 0; libvirt && probe && probe->pools[i]; i++)
    gtk_combo_box_text_append_text (self->where, probe->pools[i]);
  gtk_entry_set_text (self->where_entry, now);
  gtk_widget_set_visible (GTK_WIDGET (self->connection), libvirt);
  gtk_widget_set_visible (GTK_WIDGET (self->connection_label), libvirt);
  show_room (self);
  take_change (self);
}

static void
add_kind (P2vPageTarget *self, const char *kind, const char *chosen)
{
  GtkRadioButton *first = self->buttons->len ? g_ptr_array_index (self->buttons, 0) : NULL;
  GtkWidget *button = gtk_radio_button_new_with_mnemonic_from_widget (first, say_target (kind));
  row_wrap_button (button);
  g_object_set_data_full (G_OBJECT (button), "kind", g_strdup (kind), g_free);
  atk_object_set_description (gtk_widget_get_accessible (button), kind);
  gtk_container_add (GTK_CONTAINER (self->kinds), button);
  gtk_widget_show (button);
  g_ptr_array_add (self->buttons, button);
  if (g_str_equal (kind, chosen))
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
  g_signal_connect_swapped (button, "toggled", G_CALLBACK (show_options), self);
}

static void
choose (GtkComboBoxText *combo, const char *id, const char *fallback)
{
  if (!id || !gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), id))
    gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), fallback);
}

static void
enter (P2vPage *page)
{
  P2vPageTarget *self = P2V_PAGE_TARGET (page);
  const Shared *shared = p2v_page_shared (page);
  const Probe *probe = shared->probe;
  if (!self->shown ||
      !g_strv_equal ((const char *const *)self->shown, (const char *const *)probe->targets)) {
    const char *user = settings_get (shared->settings, SETTING_username);
    gboolean root =
        g_str_equal (user, "root") || settings_get_bool (shared->settings, SETTING_sudo);
    choose (self->connection, settings_get (shared->settings, SETTING_output_connection),
            root ? "qemu:///system" : "qemu:///session");
    g_strfreev (self->shown);
    self->shown = g_strdupv (probe->targets);
    g_ptr_array_set_size (self->buttons, 0);
    rows_clear (GTK_CONTAINER (self->kinds));
    for (guint i = 0; probe->targets[i]; i++)
      add_kind (self, probe->targets[i], settings_get (shared->settings, SETTING_output_type));
  }
  show_options (self);
  for (guint i = 0; i < self->buttons->len; i++)
    if (gtk_toggle_button_get_active (g_ptr_array_index (self->buttons, i)))
      gtk_widget_grab_focus (g_ptr_array_index (self->buttons, i));
}

static void
start (P2vPage *page)
{
  P2vPageTarget *self = P2V_PAGE_TARGET (page);
  Settings *settings = p2v_page_shared (page)->settings;
  self->form = form_new (settings, self->complaint, take_change, self);
  form_add (self->form, self->where_entry, SETTING_output_storage, TRUE);
  g_signal_connect_swapped (self->where_entry, "changed", G_CALLBACK (show_room), self);
  choose (self->format, settings_get (settings, SETTING_output_format), "qcow2");
  choose (self->allocation, settings_get (settings, SETTING_output_allocation), "sparse");
}

static void
leave (P2vPage *page)
{
  P2vPageTarget *self = P2V_PAGE_TARGET (page);
  Settings *settings = p2v_page_shared (page)->settings;
  const char *kind = kind_of (self);
  gboolean libvirt = g_str_equal (kind, "libvirt");
  form_store (self->form);
  settings_set (settings, SETTING_output_type, kind);
  settings_set (settings, SETTING_output_connection,
                libvirt ? gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->connection)) : NULL);
  settings_set (settings, SETTING_output_format,
                gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->format)));
  settings_set (settings, SETTING_output_allocation,
                gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->allocation)));
}

static void
dispose (GObject *object)
{
  P2vPageTarget *self = P2V_PAGE_TARGET (object);
  g_clear_pointer (&self->form, form_free);
  G_OBJECT_CLASS (p2v_page_target_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  P2vPageTarget *self = P2V_PAGE_TARGET (object);
  g_strfreev (self->shown);
  g_ptr_array_unref (self->buttons);
  G_OBJECT_CLASS (p2v_page_target_parent_class)->finalize (object);
}

static void
p2v_page_target_class_init (P2vPageTargetClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  G_OBJECT_CLASS (class)->finalize = finalize;
  P2V_PAGE_CLASS (class)->start = start;
  P2V_PAGE_CLASS (class)->enter = enter;
  P2V_PAGE_CLASS (class)->leave = leave;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-target.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageTarget, name)
  CHILD (kinds);
  CHILD (where_label);
  CHILD (room);
  CHILD (connection_label);
  CHILD (complaint);
  CHILD (where);
  CHILD (where_entry);
  CHILD (connection);
  CHILD (format);
  CHILD (allocation);
#undef CHILD
}

static void
p2v_page_target_init (P2vPageTarget *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->buttons = g_ptr_array_new ();
  row_shrink_combo (self->connection);
  row_shrink_combo (self->format);
  row_shrink_combo (self->allocation);
}
