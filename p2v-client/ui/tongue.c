/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tongue.h"
#include "words.h"

typedef struct {
  const char *id, *name;
} Choice;

/* Each in its own words, so that it is found by who reads no other. */
static const Choice languages[] = {{"en", "English"}, {"de", "Deutsch"}, {"ja", "日本語"}};

/* setxkbmap(1). */
static const Choice layouts[] = {
    {"us", "English (US)"}, {"gb", "English (UK)"}, {"de", "Deutsch"}, {"ch", "Schweiz"},
    {"fr", "Français"},     {"be", "België"},       {"es", "Español"}, {"it", "Italiano"},
    {"pt", "Português"},    {"br", "Brasil"},       {"dk", "Dansk"},   {"no", "Norsk"},
    {"se", "Svenska"},      {"fi", "Suomi"},        {"pl", "Polski"},  {"cz", "Čeština"},
    {"hu", "Magyar"},       {"ru", "Русский"},      {"jp", "日本語"},
};

typedef struct {
  void (*changed) (gpointer data);
  gpointer data;
} Listener;

static GtkWidget *
make_chooser (const char *name, const Choice *choices, gsize n, const char *chosen)
{
  GtkWidget *combo = gtk_combo_box_text_new ();
  for (gsize i = 0; i < n; i++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (combo), choices[i].id, choices[i].name);
  if (!gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), chosen))
    gtk_combo_box_set_active (GTK_COMBO_BOX (combo), 0);
  atk_object_set_name (gtk_widget_get_accessible (combo), name);
  gtk_widget_set_tooltip_text (combo, name);
  return combo;
}

/* The first of those that the environment names and that there is. */
static const char *
current_language (void)
{
  const char *const *names = g_get_language_names ();
  for (guint i = 0; names[i]; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (languages); j++)
      if (g_str_equal (names[i], languages[j].id))
        return languages[j].id;
  return "en";
}

static void
take_language (GtkComboBox *combo, gpointer data)
{
  const Listener *listener = data;
  g_setenv ("LANGUAGE", gtk_combo_box_get_active_id (combo), TRUE);
  /* libintl, "Being a gettext user": what was looked up is forgotten. */
  extern int _nl_msg_cat_cntr;
  _nl_msg_cat_cntr++;
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
  GtkWidget *combo =
      make_chooser (_ ("Language"), languages, G_N_ELEMENTS (languages), current_language ());
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
  GtkWidget *combo = make_chooser (_ ("Keyboard"), layouts, G_N_ELEMENTS (layouts), "us");
  g_signal_connect (combo, "changed", G_CALLBACK (take_layout), NULL);
  return combo;
}
