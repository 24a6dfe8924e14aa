/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support-sheet.h"
#include "dialog/saving.h"
#include "dialog/say.h"
#include "notice.h"
#include "rows.h"
#include "sheet.h"
#include "stick-list.h"

typedef struct {
  P2vWindow *window;
  Shared *shared;
  GtkWidget *sheet, *by_stick, *by_server, *by_file, *again, *path, *save, *close, *spinner;
  GtkComboBoxText *sticks;
  GtkLabel *complaint;
  GtkBox *said;
  GPtrArray *found; /* StickChoice *, as in the list; NULL: still being looked for */
  GCancellable *work;
} Sheet;

typedef struct {
  Work work;
  Sheet *sheet;
  P2vMachine *machine; /* whose disks are no sticks; NULL: none is known */
  GPtrArray *sticks;
} Looking;

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
looking_free (Work *work)
{
  Looking *looking = (Looking *)work;
  p2v_machine_free (looking->machine);
  g_clear_pointer (&looking->sticks, g_ptr_array_unref);
  g_free (looking);
}

/* ---- in the thread ---- */

static void
run_look (Work *work, GCancellable *cancel G_GNUC_UNUSED)
{
  Looking *looking = (Looking *)work;
  looking->sticks = stick_list (looking->machine);
}

/* ---- on the screen ---- */

/* Only where it counts. */
static gboolean
check_path (Sheet *sheet, gboolean used)
{
  GtkStyleContext *style = gtk_widget_get_style_context (sheet->path);
  g_autoptr (GError) error = NULL;
  gboolean good = !used || saving_check_path (gtk_entry_get_text (GTK_ENTRY (sheet->path)), &error);
  g_autofree char *words = good ? g_strdup ("") : say_error (error);
  if (good)
    gtk_style_context_remove_class (style, "error");
  else
    gtk_style_context_add_class (style, "error");
  atk_object_set_description (gtk_widget_get_accessible (sheet->path), words);
  gtk_label_set_text (sheet->complaint, words);
  gtk_widget_set_visible (GTK_WIDGET (sheet->complaint), !good);
  return good;
}

static void
show_state (Sheet *sheet)
{
  gboolean stick = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_stick));
  gboolean file = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_file));
  gboolean ready = check_path (sheet, file) && (!stick || (sheet->found && sheet->found->len > 0));
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
  Sheet *sheet = saving->data;
  g_clear_object (&sheet->work);
  show_state (sheet);
  if (saving->error) {
    g_autofree char *problem = say_problem (saving->error);
    g_autofree char *remedy = say_remedy (saving->error);
    notice_show (sheet->said, NOTICE_ERROR, problem, remedy);
    return;
  }
  g_autofree char *words = saving_words (saving);
  notice_show (sheet->said, NOTICE_GOOD, words,
               saving->place == SAVE_TO_STICK ? _ ("The stick can be pulled out.") : NULL);
  gtk_widget_grab_default (sheet->close);
  gtk_widget_grab_focus (sheet->close);
}

static void
take_look (Work *work, gpointer owner G_GNUC_UNUSED)
{
  Looking *looking = (Looking *)work;
  Sheet *sheet = looking->sheet;
  g_clear_object (&sheet->work);
  g_clear_pointer (&sheet->found, g_ptr_array_unref);
  sheet->found = g_steal_pointer (&looking->sticks);
  gtk_combo_box_text_remove_all (sheet->sticks);
  for (guint i = 0; i < sheet->found->len; i++)
    gtk_combo_box_text_append_text (sheet->sticks,
                                    ((StickChoice *)g_ptr_array_index (sheet->found, i))->words);
  if (sheet->found->len == 0)
    gtk_combo_box_text_append_text (sheet->sticks, _ ("none found (FAT only)"));
  gtk_combo_box_set_active (GTK_COMBO_BOX (sheet->sticks), 0);
  show_state (sheet);
  /* What had it could not keep it while there was nothing to save to. */
  if (!gtk_window_get_focus (GTK_WINDOW (sheet->window)))
    gtk_widget_grab_focus (gtk_widget_is_sensitive (sheet->save) ? sheet->save : sheet->again);
}

/* The sheet's memory goes with its widget, which the work keeps. */
static void
start (Sheet *sheet, Work *work)
{
  sheet->work = work_start (work, G_OBJECT (sheet->sheet));
  show_state (sheet);
}

static void
look_for_sticks (gpointer data)
{
  Sheet *sheet = data;
  const Shared *shared = sheet->shared;
  Looking *looking = g_new0 (Looking, 1);
  looking->work = (Work){run_look, take_look, looking_free};
  looking->sheet = sheet;
  looking->machine = copy_machine (shared->machine ? shared->machine : shared->present);
  start (sheet, &looking->work);
}

static void
save (gpointer data)
{
  Sheet *sheet = data;
  SavePlace place =
      gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_stick))    ? SAVE_TO_STICK
      : gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sheet->by_server)) ? SAVE_TO_SERVER
                                                                            : SAVE_TO_FILE;
  const StickChoice *stick =
      place == SAVE_TO_STICK
          ? g_ptr_array_index (sheet->found,
                               (guint)gtk_combo_box_get_active (GTK_COMBO_BOX (sheet->sticks)))
          : NULL;
  /* What stands in the field was checked only where it is used. */
  g_autofree char *proposed = saving_path (sheet->shared);
  const char *path =
      place == SAVE_TO_FILE ? gtk_entry_get_text (GTK_ENTRY (sheet->path)) : proposed;
  Saving *saving =
      saving_new (sheet->shared, place, stick ? stick->device : NULL, path, take_saving, sheet);
  notice_hide (sheet->said);
  start (sheet, &saving->work);
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
  g_autofree char *path = saving_path (shared);
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
  sheet->complaint = GTK_LABEL (row_make_label ("", "complaint"));
  gtk_widget_set_no_show_all (GTK_WIDGET (sheet->complaint), TRUE);
  gtk_container_add (GTK_CONTAINER (sheet->sheet), GTK_WIDGET (sheet->complaint));
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
  g_signal_connect_swapped (sheet->path, "changed", G_CALLBACK (show_state), sheet);
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
