/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support-sheet.h"
#include <string.h>
#include "common/error.h"
#include "dialog/report.h"
#include "dialog/say.h"
#include "dialog/work.h"
#include "notice.h"
#include "rows.h"
#include "sheet.h"
#include "stick-list.h"
#include "stick.h"
#include "support.h"

typedef struct {
  P2vWindow *window;
  Shared *shared;
  GtkWidget *sheet, *by_stick, *by_server, *by_file, *again, *path, *save, *close, *spinner;
  GtkComboBoxText *sticks;
  GtkBox *said;
  GPtrArray *found; /* StickChoice *, as in the list; NULL: still being looked for */
  GCancellable *work;
} Sheet;

typedef enum { TO_STICK, TO_SERVER, TO_FILE } Place;

typedef struct {
  Work work;
  Sheet *sheet;
  Settings *settings;
  P2vMachine *machine; /* whose disks are no sticks; NULL: none is known */
  GPtrArray *sticks;
  Place place;
  char *stick; /* its device */
  char *ours, *job, *path, *saved;
  char **pictures;
  GError *error;
} Saving;

/* Of the machine only the disks count here. */
static P2vMachine *
copy_machine (const P2vMachine *machine)
{
  if (!machine)
    return NULL;
  g_autoptr (JsonObject) object = p2v_machine_to_json (machine);
  return p2v_machine_from_json (object, NULL);
}

static void
saving_free (Work *work)
{
  Saving *saving = (Saving *)work;
  settings_free (saving->settings);
  p2v_machine_free (saving->machine);
  g_clear_pointer (&saving->sticks, g_ptr_array_unref);
  g_free (saving->stick);
  g_free (saving->ours);
  g_free (saving->job);
  g_free (saving->path);
  g_free (saving->saved);
  g_strfreev (saving->pictures);
  g_clear_error (&saving->error);
  g_free (saving);
}

/* ---- in the thread ---- */

static gboolean
write_file (const char *path, const char *text, gsize length, GError **error)
{
  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, text, (gssize)length, G_FILE_SET_CONTENTS_DURABLE, 0600,
                                &cause))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_IO, NULL, _ ("It cannot be saved: %s."), cause->message);
  return FALSE;
}

/* With the pictures that were taken. */
static gboolean
save_to_stick (Saving *saving, const char *text)
{
  g_autoptr (Stick) stick = stick_mount_device (saving->stick, TRUE, &saving->error);
  if (!stick)
    return FALSE;
  g_autofree char *name = g_path_get_basename (saving->path);
  g_autofree char *path = g_build_filename (stick_path (stick), name, NULL);
  gboolean ok = write_file (path, text, strlen (text), &saving->error);
  for (guint i = 0; ok && saving->pictures[i]; i++) {
    g_autofree char *picture = g_path_get_basename (saving->pictures[i]);
    g_autofree char *to = g_build_filename (stick_path (stick), picture, NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    if (g_file_get_contents (saving->pictures[i], &bytes, &length, NULL))
      ok = write_file (to, bytes, length, &saving->error);
  }
  return ok;
}

static void
run (Work *work, GCancellable *cancel)
{
  Saving *saving = (Saving *)work;
  g_autofree char *text = support_collect (saving->settings, saving->ours, saving->job, cancel);
  if (saving->place == TO_SERVER)
    saving->saved = support_keep (saving->settings, saving->job, text, cancel, &saving->error);
  else if (saving->place == TO_STICK
               ? save_to_stick (saving, text)
               : write_file (saving->path, text, strlen (text), &saving->error))
    saving->saved = g_strdup (saving->path);
}

static void
run_look (Work *work, GCancellable *cancel G_GNUC_UNUSED)
{
  Saving *saving = (Saving *)work;
  saving->sticks = stick_list (saving->machine);
}

/* ---- on the screen ---- */

static void
show_state (Sheet *sheet)
{
  gboolean stick = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_stick));
  gboolean file = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_file));
  gboolean ready = !stick || (sheet->found && sheet->found->len > 0);
  gtk_widget_set_sensitive (GTK_WIDGET (sheet->sticks), stick);
  gtk_widget_set_sensitive (sheet->again, stick && !sheet->work);
  gtk_widget_set_sensitive (sheet->path, file);
  gtk_widget_set_sensitive (sheet->save, ready && !sheet->work);
  g_object_set (sheet->spinner, "active", sheet->work != NULL, NULL);
}

static void
take_saving (Work *work, gpointer owner G_GNUC_UNUSED)
{
  const Saving *saving = (const Saving *)work;
  Sheet *sheet = saving->sheet;
  g_clear_object (&sheet->work);
  show_state (sheet);
  if (saving->error) {
    g_autofree char *problem = say_problem (saving->error);
    g_autofree char *remedy = say_remedy (saving->error);
    notice_show (sheet->said, NOTICE_ERROR, problem, remedy);
    return;
  }
  g_autofree char *words =
      saving->place == TO_SERVER
          ? g_strdup_printf (_ ("Saved on the conversion server as %s."), saving->saved)
          : g_strdup_printf (_ ("Saved as %s."), saving->saved);
  notice_show (sheet->said, NOTICE_GOOD, words,
               saving->place == TO_STICK ? _ ("The stick can be pulled out.") : NULL);
  gtk_widget_grab_default (sheet->close);
  gtk_widget_grab_focus (sheet->close);
}

static void
take_look (Work *work, gpointer owner G_GNUC_UNUSED)
{
  Saving *saving = (Saving *)work;
  Sheet *sheet = saving->sheet;
  g_clear_object (&sheet->work);
  g_clear_pointer (&sheet->found, g_ptr_array_unref);
  sheet->found = g_steal_pointer (&saving->sticks);
  gtk_combo_box_text_remove_all (sheet->sticks);
  for (guint i = 0; i < sheet->found->len; i++)
    gtk_combo_box_text_append_text (sheet->sticks,
                                    ((StickChoice *)g_ptr_array_index (sheet->found, i))->words);
  if (sheet->found->len == 0)
    gtk_combo_box_text_append_text (sheet->sticks, _ ("none found (it must have FAT)"));
  gtk_combo_box_set_active (GTK_COMBO_BOX (sheet->sticks), 0);
  show_state (sheet);
}

static void
start (Sheet *sheet, Saving *saving)
{
  saving->sheet = sheet;
  saving->machine =
      copy_machine (sheet->shared->machine ? sheet->shared->machine : sheet->shared->present);
  /* The sheet's memory goes with its widget, which the work keeps. */
  sheet->work = work_start (&saving->work, G_OBJECT (sheet->sheet));
  show_state (sheet);
}

static void
look_for_sticks (gpointer data)
{
  Saving *saving = g_new0 (Saving, 1);
  saving->work = (Work){run_look, take_look, saving_free};
  start (data, saving);
}

static void
save (gpointer data)
{
  Sheet *sheet = data;
  const Shared *shared = sheet->shared;
  Saving *saving = g_new0 (Saving, 1);
  saving->work = (Work){run, take_saving, saving_free};
  saving->settings = settings_copy (shared->settings);
  saving->place = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_stick))    ? TO_STICK
                  : gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_server)) ? TO_SERVER
                                                                                        : TO_FILE;
  saving->ours = report_make (shared);
  saving->job = g_strdup (shared->finished ? shared->finished->job : NULL);
  saving->path = g_strdup (gtk_entry_get_text (GTK_ENTRY (sheet->path)));
  g_ptr_array_add (shared->pictures, NULL);
  saving->pictures = g_strdupv ((char **)shared->pictures->pdata);
  g_ptr_array_set_size (shared->pictures, (gint)shared->pictures->len - 1);
  if (saving->place == TO_STICK) {
    const StickChoice *stick = g_ptr_array_index (
        sheet->found, (guint)gtk_combo_box_get_active (GTK_COMBO_BOX (sheet->sticks)));
    saving->stick = g_strdup (stick->device);
  }
  notice_hide (sheet->said);
  start (sheet, saving);
}

static void
close_sheet (gpointer data)
{
  p2v_window_close_sheet (((Sheet *)data)->window);
}

static void
sheet_closed (Sheet *sheet)
{
  work_cancel (&sheet->work);
}

static void
sheet_free (gpointer data)
{
  Sheet *sheet = data;
  g_clear_pointer (&sheet->found, g_ptr_array_unref);
  g_free (sheet);
}

static GtkWidget *
add_place (GtkGrid *grid, int row, const char *label, GtkWidget *group, GtkWidget *what,
           const char *name, int width)
{
  GtkWidget *button = gtk_radio_button_new_with_mnemonic_from_widget (
      group ? GTK_RADIO_BUTTON (group) : NULL, label);
  row_wrap_button (button);
  gtk_grid_attach (grid, button, 0, row, what ? 1 : 3, 1);
  if (what) {
    gtk_widget_set_hexpand (what, TRUE);
    atk_object_set_name (gtk_widget_get_accessible (what), name);
    gtk_grid_attach (grid, what, 1, row, width, 1);
  }
  return button;
}

static void
add_places (Sheet *sheet)
{
  const Shared *shared = sheet->shared;
  gboolean image = shared->options->image, job = shared->finished && shared->finished->job;
  GtkWidget *grid = gtk_grid_new (), *group = NULL;
  gtk_grid_set_column_spacing (GTK_GRID (grid), 10);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 8);
  sheet->sticks = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  row_shrink_combo (sheet->sticks);
  sheet->path = gtk_entry_new ();
  g_autofree char *name =
      g_strdup_printf ("p2v-%s.txt", shared->machine ? shared->machine->name : "support");
  g_autofree char *path = g_build_filename (shared_folder (shared), name, NULL);
  gtk_entry_set_text (GTK_ENTRY (sheet->path), path);
  gtk_entry_set_activates_default (GTK_ENTRY (sheet->path), TRUE);
  group = sheet->by_stick = add_place (GTK_GRID (grid), 0, _ ("On a USB s_tick"), NULL,
                                       GTK_WIDGET (sheet->sticks), _ ("USB stick"), 1);
  sheet->again = gtk_button_new_with_mnemonic (_ ("_Look again"));
  g_signal_connect_swapped (sheet->again, "clicked", G_CALLBACK (look_for_sticks), sheet);
  gtk_grid_attach (GTK_GRID (grid), sheet->again, 2, 0, 1, 1);
  sheet->by_server =
      add_place (GTK_GRID (grid), 1, _ ("On the conversion s_erver, beside its own log"), group,
                 NULL, NULL, 0);
  sheet->by_file =
      add_place (GTK_GRID (grid), 2, _ ("In a _file"), group, sheet->path, _ ("File"), 2);
  gtk_container_add (GTK_CONTAINER (sheet->sheet), grid);
  gtk_widget_show_all (grid);
  GtkWidget *const only_on_image[] = {sheet->by_stick, GTK_WIDGET (sheet->sticks), sheet->again};
  for (guint i = 0; i < G_N_ELEMENTS (only_on_image); i++)
    gtk_widget_set_no_show_all (only_on_image[i], !image);
  /* Without a disk a file is gone with the machine; it can be read at the terminal. */
  gtk_widget_set_sensitive (sheet->by_server, job);
  GtkWidget *first = job ? sheet->by_server : image ? sheet->by_stick : sheet->by_file;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (first), TRUE);
  if (!image)
    for (guint i = 0; i < G_N_ELEMENTS (only_on_image); i++)
      gtk_widget_hide (only_on_image[i]);
  GtkWidget *const buttons[] = {sheet->by_stick, sheet->by_server, sheet->by_file};
  for (guint i = 0; i < G_N_ELEMENTS (buttons); i++)
    g_signal_connect_swapped (buttons[i], "toggled", G_CALLBACK (show_state), sheet);
}

void
support_sheet_open (P2vWindow *window, Shared *shared)
{
  Sheet *sheet = g_new0 (Sheet, 1);
  *sheet = (Sheet){.window = window, .shared = shared, .sheet = sheet_new ()};
  g_object_set_data_full (G_OBJECT (sheet->sheet), "sheet", sheet, sheet_free);
  g_signal_connect_swapped (sheet->sheet, "destroy", G_CALLBACK (sheet_closed), sheet);
  gtk_container_add (
      GTK_CONTAINER (sheet->sheet),
      row_make_label (_ ("One file with what this machine and the conversion server have written "
                         "down, without passwords. Whoever is to help you needs it."),
                      NULL));
  add_places (sheet);
  sheet->said = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10));
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (sheet->said)), "notice");
  gtk_container_add (GTK_CONTAINER (sheet->sheet), GTK_WIDGET (sheet->said));
  gtk_widget_set_no_show_all (GTK_WIDGET (sheet->said), TRUE);
  GtkWidget *buttons = sheet_add_buttons (sheet->sheet);
  sheet->save = sheet_add_button (buttons, _ ("_Save"), save, sheet);
  sheet->close = sheet_add_button (buttons, _ ("_Close"), close_sheet, sheet);
  sheet->spinner = gtk_spinner_new ();
  atk_object_set_name (gtk_widget_get_accessible (sheet->spinner), _ ("Working"));
  gtk_container_add (GTK_CONTAINER (buttons), sheet->spinner);
  p2v_window_open_sheet (window, _ ("Save a support file"), sheet->sheet);
  if (shared->options->image)
    look_for_sticks (sheet);
  show_state (sheet);
  gtk_widget_grab_default (sheet->save);
  gtk_widget_grab_focus (sheet->save);
}
