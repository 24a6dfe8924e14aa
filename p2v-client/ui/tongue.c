/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tongue.h"
#include "dialog/keyboard.h"
#include "words.h"

typedef struct {
  void (*changed) (gpointer data);
  gpointer data;
} Listener;

static GtkWidget *
make_chooser (const char *name, const Language *choices, const char *chosen)
{
  GtkWidget *combo = gtk_combo_box_text_new ();
  for (gsize i = 0; choices[i].id; i++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (combo), choices[i].id, choices[i].name);
  if (!gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), chosen))
    gtk_combo_box_set_active (GTK_COMBO_BOX (combo), 0);
  atk_object_set_name (gtk_widget_get_accessible (combo), name);
  gtk_widget_set_tooltip_text (combo, name);
  return combo;
}

static void
take_language (GtkComboBox *combo, gpointer data)
{
  const Listener *listener = data;
  language_choose (gtk_combo_box_get_active_id (combo));
  listener->changed (listener->data);
}

static void
free_listener (gpointer data, GClosure *closure G_GNUC_UNUSED)
{
  g_free (data);
}

GtkWidget *
tongue_language_chooser (void (*changed) (gpointer data), gpointer data)
{
  GtkWidget *combo = make_chooser (_ ("Language"), languages, language_now ());
  Listener *listener = g_new0 (Listener, 1);
  *listener = (Listener){changed, data};
  g_signal_connect_data (combo, "changed", G_CALLBACK (take_language), listener, free_listener, 0);
  return combo;
}

static void
take_layout (GtkComboBox *combo, gpointer data G_GNUC_UNUSED)
{
  const char *argv[] = {"setxkbmap", gtk_combo_box_get_active_id (combo), NULL};
  g_autoptr (GError) error = NULL;
  if (!g_spawn_async (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &error))
    g_message ("The keyboard layout cannot be set: %s", error->message);
}

GtkWidget *
tongue_keyboard_chooser (void)
{
  g_autofree char *now = keyboard_given ();
  GtkWidget *combo = make_chooser (_ ("Keyboard"), keyboard_layouts, now);
  g_signal_connect (combo, "changed", G_CALLBACK (take_layout), NULL);
  return combo;
}
