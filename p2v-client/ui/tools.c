/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools.h"
#include <gdk/gdkkeysyms.h>
#include "dialog/say.h"
#include "hooks.h"
#include "picture.h"
#include "rows.h"
#include "sheet.h"
#include "support-sheet.h"
#include "terminal.h"

typedef struct {
  P2vWindow *window;
  Shared *shared;
  GtkLabel *said;
  guint forget;                   /* the timer that empties SAID */
  GtkWidget *power_off, *restart; /* NULL elsewhere than on the image */
} Tools;

#define SAID_S 8

/* With the window's memory, not when it is closed: a picture may still be on its way. */
static void
free_tools (gpointer data)
{
  Tools *tools = data;
  g_clear_handle_id (&tools->forget, g_source_remove);
  g_object_unref (tools->said);
  g_free (tools);
}

static gboolean
forget (gpointer data)
{
  Tools *tools = data;
  tools->forget = 0;
  gtk_widget_hide (GTK_WIDGET (tools->said));
  return G_SOURCE_REMOVE;
}

static void
say (Tools *tools, const char *words)
{
  gtk_label_set_text (tools->said, words);
  gtk_widget_show (GTK_WIDGET (tools->said));
  g_clear_handle_id (&tools->forget, g_source_remove);
  tools->forget = g_timeout_add_seconds (SAID_S, forget, tools);
}

static void
say_wrong (Tools *tools, const GError *error)
{
  g_autofree char *words = say_error (error);
  say (tools, words);
}

/* ---- what there is ---- */

static void
open_support (gpointer data)
{
  Tools *tools = data;
  support_sheet_open (tools->window, tools->shared);
}

static void
picture_taken (const char *path, const GError *error, gpointer data)
{
  Tools *tools = data;
  if (error) {
    say_wrong (tools, error);
    return;
  }
  g_autofree char *words = g_strdup_printf (_ ("Saved as %s."), path);
  g_ptr_array_add (tools->shared->pictures, g_strdup (path));
  say (tools, words);
}

static void
take_picture (gpointer data)
{
  Tools *tools = data;
  picture_take (G_OBJECT (tools->window), shared_folder (tools->shared), picture_taken, tools);
}

static void
go_to_terminal (gpointer data)
{
  Tools *tools = data;
  g_autoptr (GError) error = NULL;
  p2v_window_close_sheet (tools->window);
  if (!terminal_show (TERMINAL_SHELL, &error))
    say_wrong (tools, error);
}

static void
ask_for_terminal (gpointer data)
{
  Tools *tools = data;
  sheet_ask (tools->window, _ ("Go to the terminal?"),
             _ ("A root shell for experts is there. The wizard goes on meanwhile; Alt-F7 brings "
                "you back to it. The disks of this machine are protected against writing."),
             _ ("_Go there"), go_to_terminal, tools);
}

static void
close_sheet (gpointer data)
{
  p2v_window_close_sheet (((Tools *)data)->window);
}

static void
add_fact (GtkGrid *grid, int row, const char *name, const char *value)
{
  GtkWidget *label = row_make_label (name, "dim-label");
  GtkWidget *text = row_make_label (value, NULL);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_grid_attach (grid, label, 0, row, 1, 1);
  gtk_grid_attach (grid, text, 1, row, 1, 1);
}

static void
open_about (gpointer data)
{
  Tools *tools = data;
  gboolean image = tools->shared->options->image;
  GtkWidget *sheet = sheet_new ();
  GtkGrid *grid = GTK_GRID (gtk_grid_new ());
  g_autofree char *server = say_server (tools->shared->probe);
  gtk_grid_set_column_spacing (grid, 18);
  gtk_grid_set_row_spacing (grid, 8);
  gtk_container_add (
      GTK_CONTAINER (sheet),
      row_make_label (_ ("p2v turns this machine into a virtual machine. Its disks are only read."),
                      NULL));
  add_fact (grid, 0, _ ("On this machine"), "p2v-client " P2V_VERSION);
  add_fact (grid, 1, _ ("On the conversion server"), server);
  add_fact (grid, 2, _ ("License"), _ ("GNU General Public License, version 2 or later"));
  add_fact (grid, 3, "F1", _ ("this page"));
  add_fact (grid, 4, "F8", _ ("a support file, for somebody who is to help"));
  if (image)
    add_fact (grid, 5, "F9", _ ("the terminal; Alt-F7 leads back"));
  add_fact (grid, 6, "F12", _ ("a picture of the screen"));
  gtk_container_add (GTK_CONTAINER (sheet), GTK_WIDGET (grid));
  GtkWidget *close = sheet_add_button (sheet_add_buttons (sheet), _ ("_Close"), close_sheet, tools);
  p2v_window_open_sheet (tools->window, _ ("About"), sheet);
  gtk_widget_grab_default (close);
  gtk_widget_grab_focus (close);
}

static void
run_power (Tools *tools, const char *command)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  p2v_window_close_sheet (tools->window);
  if (!hooks_run (command, command, &output, NULL, &error))
    say_wrong (tools, error);
}

static void
power_off (gpointer data)
{
  run_power (data, "poweroff");
}

static void
restart (gpointer data)
{
  run_power (data, "reboot");
}

static void
ask_to_power_off (gpointer data)
{
  Tools *tools = data;
  sheet_ask (tools->window, _ ("Switch this machine off?"),
             _ ("Nothing has been changed on it. It starts as before from its own disk."),
             _ ("_Power off"), power_off, tools);
}

static void
ask_to_restart (gpointer data)
{
  Tools *tools = data;
  sheet_ask (tools->window, _ ("Restart this machine?"),
             _ ("Nothing has been changed on it. Take the CD or USB stick out to start it from its "
                "own disk."),
             _ ("Re_boot"), restart, tools);
}

/* A theme that GTK always has; the style sheet does without what is dim. */
static void
set_contrast (GtkCheckMenuItem *item, Tools *tools)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (tools->window));
  gboolean high = gtk_check_menu_item_get_active (item);
  g_object_set (gtk_settings_get_default (), "gtk-theme-name", high ? "HighContrast" : "Adwaita",
                NULL);
  if (high)
    gtk_style_context_add_class (style, "contrast");
  else
    gtk_style_context_remove_class (style, "contrast");
}

static void
add_contrast (Tools *tools, GtkMenuShell *menu)
{
  GtkWidget *item = gtk_check_menu_item_new_with_mnemonic (_ ("_High contrast"));
  g_autofree char *theme = NULL;
  g_object_get (gtk_settings_get_default (), "gtk-theme-name", &theme, NULL);
  g_signal_connect (item, "toggled", G_CALLBACK (set_contrast), tools);
  if (theme && g_str_has_prefix (theme, "HighContrast"))
    gtk_check_menu_item_set_active (GTK_CHECK_MENU_ITEM (item), TRUE);
  gtk_menu_shell_append (menu, item);
}

/* ---- the menu ---- */

static GtkWidget *
add_item (Tools *tools, GtkMenuShell *menu, GtkAccelGroup *keys, const char *label, guint key,
          void (*chosen) (gpointer data))
{
  GtkWidget *item = gtk_menu_item_new_with_mnemonic (label);
  if (key)
    gtk_widget_add_accelerator (item, "activate", keys, key, 0, GTK_ACCEL_VISIBLE);
  g_signal_connect_swapped (item, "activate", G_CALLBACK (chosen), tools);
  gtk_menu_shell_append (menu, item);
  return item;
}

/* A conversion that runs is cancelled first. */
static void
prepare (Tools *tools)
{
  gboolean busy = p2v_window_is_busy (tools->window);
  if (tools->power_off)
    gtk_widget_set_sensitive (tools->power_off, !busy);
  if (tools->restart)
    gtk_widget_set_sensitive (tools->restart, !busy);
}

static GtkWidget *
make_menu (Tools *tools)
{
  GtkWidget *menu = gtk_menu_new ();
  GtkMenuShell *shell = GTK_MENU_SHELL (menu);
  GtkAccelGroup *keys = gtk_accel_group_new ();
  gtk_window_add_accel_group (GTK_WINDOW (tools->window), keys);
  gtk_menu_set_accel_group (GTK_MENU (menu), keys);
  add_item (tools, shell, keys, _ ("_Support file…"), GDK_KEY_F8, open_support);
  add_item (tools, shell, keys, _ ("_Picture of the screen"), GDK_KEY_F12, take_picture);
  if (tools->shared->options->image)
    add_item (tools, shell, keys, _ ("_Terminal…"), GDK_KEY_F9, ask_for_terminal);
  add_contrast (tools, shell);
  add_item (tools, shell, keys, _ ("_About"), GDK_KEY_F1, open_about);
  if (tools->shared->options->image) {
    gtk_menu_shell_append (shell, gtk_separator_menu_item_new ());
    tools->restart = add_item (tools, shell, keys, _ ("_Reboot…"), 0, ask_to_restart);
    tools->power_off = add_item (tools, shell, keys, _ ("Power _off…"), 0, ask_to_power_off);
  }
  g_signal_connect_swapped (menu, "show", G_CALLBACK (prepare), tools);
  gtk_widget_show_all (menu);
  g_object_unref (keys);
  return menu;
}

void
tools_add (P2vWindow *window, GtkBox *place, Shared *shared)
{
  Tools *tools = g_new0 (Tools, 1);
  GtkWidget *button = gtk_menu_button_new ();
  *tools = (Tools){.window = window, .shared = shared};
  g_object_set_data_full (G_OBJECT (window), "tools", tools, free_tools);
  tools->said = g_object_ref_sink (GTK_LABEL (row_make_label ("", "fine")));
  gtk_label_set_max_width_chars (tools->said, 16);
  gtk_button_set_label (GTK_BUTTON (button), _ ("_More"));
  gtk_button_set_use_underline (GTK_BUTTON (button), TRUE);
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (button), GTK_ARROW_UP);
  gtk_menu_button_set_popup (GTK_MENU_BUTTON (button), make_menu (tools));
  gtk_container_add (GTK_CONTAINER (place), GTK_WIDGET (tools->said));
  gtk_container_add (GTK_CONTAINER (place), button);
  gtk_widget_show (button);
}
