/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iscsi-sheet.h"
#include "dialog/iscsi-add.h"
#include "dialog/say.h"
#include "dialog/work.h"
#include "notice.h"
#include "rows.h"
#include "sheet.h"

/* RFC 7143, 4.2.7.1; RFC 1035 with brackets and port.  A CHAP name or password has no bound of
 * its own; this is more than any has. */
#define NAME_MAX_LENGTH   223
#define PORTAL_MAX_LENGTH 262
#define LOGIN_MAX_LENGTH  255

typedef struct {
  P2vWindow *window;
  GtkWidget *sheet, *ask, *connect, *spinner, *targets;
  GtkEntry *portal, *target, *initiator, *user, *password, *in_user, *in_password;
  GtkLabel *complaint;
  GtkBox *said;
  GCancellable *work;
  void (*added) (gpointer page);
  gpointer page;
} Sheet;

/* As it is typed; a login is not one before all of it is there. */
static gboolean
check_names (Sheet *sheet)
{
  g_autoptr (GError) error = NULL;
  gboolean good =
      iscsi_check_names (gtk_entry_get_text (sheet->portal), gtk_entry_get_text (sheet->initiator),
                         gtk_entry_get_text (sheet->target), &error);
  g_autofree char *words = good ? g_strdup ("") : say_error (error);
  gtk_label_set_text (sheet->complaint, words);
  gtk_widget_set_visible (GTK_WIDGET (sheet->complaint), !good);
  return good;
}

static void
show_state (Sheet *sheet)
{
  gboolean ready = check_names (sheet) && !sheet->work;
  gboolean portal = gtk_entry_get_text_length (sheet->portal) > 0;
  gboolean target = gtk_entry_get_text_length (sheet->target) > 0;
  gtk_widget_set_sensitive (sheet->ask, ready && portal);
  gtk_widget_set_sensitive (sheet->connect, ready && portal && target);
  gtk_widget_grab_default (target ? sheet->connect : sheet->ask);
  g_object_set (sheet->spinner, "active", sheet->work != NULL, NULL);
}

static void
show_error (Sheet *sheet, const GError *error)
{
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  notice_show (sheet->said, NOTICE_ERROR, problem, remedy);
}

static void
take_names (char **names, const GError *error, gpointer owner)
{
  Sheet *sheet = g_object_get_data (owner, "sheet");
  g_clear_object (&sheet->work);
  if (error) {
    show_error (sheet, error);
  } else {
    gtk_combo_box_text_remove_all (GTK_COMBO_BOX_TEXT (sheet->targets));
    for (guint i = 0; names[i]; i++)
      gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (sheet->targets), names[i]);
    gtk_combo_box_set_active (GTK_COMBO_BOX (sheet->targets), 0);
    g_autofree char *words = g_strdup_printf (
        P_ ("The portal has one target.", "The portal has %u targets.", g_strv_length (names)),
        g_strv_length (names));
    notice_show (sheet->said, NOTICE_GOOD, words, NULL);
  }
  show_state (sheet);
  gtk_widget_grab_focus (error ? sheet->ask : sheet->connect);
}

static void
take_connection (char **names G_GNUC_UNUSED, const GError *error, gpointer owner)
{
  Sheet *sheet = g_object_get_data (owner, "sheet");
  g_clear_object (&sheet->work);
  if (error) {
    show_error (sheet, error);
    show_state (sheet);
    gtk_widget_grab_focus (sheet->connect);
    return;
  }
  void (*added) (gpointer page) = sheet->added;
  gpointer page = sheet->page;
  p2v_window_close_sheet (sheet->window);
  added (page);
}

static void
start (Sheet *sheet, const char *name, IscsiAddDone done)
{
  const IscsiTyped typed = {
      .portal = gtk_entry_get_text (sheet->portal),
      .initiator = gtk_entry_get_text (sheet->initiator),
      .name = name,
      .user = gtk_entry_get_text (sheet->user),
      .password = gtk_entry_get_text (sheet->password),
      .in_user = gtk_entry_get_text (sheet->in_user),
      .in_password = gtk_entry_get_text (sheet->in_password),
  };
  g_autoptr (GError) error = NULL;
  IscsiTarget *target = iscsi_read_typed (&typed, &error);
  if (!target) {
    show_error (sheet, error);
    return;
  }
  notice_hide (sheet->said);
  /* The sheet's memory goes with its widget, which the work keeps. */
  sheet->work = iscsi_add_start (typed.initiator, target, done, G_OBJECT (sheet->sheet));
  show_state (sheet);
}

static void
ask_portal (gpointer data)
{
  start (data, "", take_names);
}

static void
connect_target (gpointer data)
{
  Sheet *sheet = data;
  start (sheet, gtk_entry_get_text (sheet->target), take_connection);
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

/* ---- the widgets ---- */

static void
attach (GtkWidget *grid, int row, const char *label, GtkWidget *widget, GtkWidget *accessible)
{
  g_autofree char *name = g_strdup (label);
  char *mark = strchr (name, '_');
  GtkWidget *word = gtk_label_new_with_mnemonic (label);
  if (mark)
    memmove (mark, mark + 1, strlen (mark));
  gtk_label_set_xalign (GTK_LABEL (word), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (word), accessible);
  atk_object_set_name (gtk_widget_get_accessible (accessible), name);
  gtk_widget_set_hexpand (widget, TRUE);
  gtk_grid_attach (GTK_GRID (grid), word, 0, row, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), widget, 1, row, 1, 1);
}

static GtkEntry *
add_entry (Sheet *sheet, GtkWidget *grid, int row, const char *label, int length, gboolean secret)
{
  GtkWidget *entry = gtk_entry_new ();
  gtk_entry_set_max_length (GTK_ENTRY (entry), length);
  gtk_entry_set_visibility (GTK_ENTRY (entry), !secret);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  attach (grid, row, label, entry, entry);
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (show_state), sheet);
  return GTK_ENTRY (entry);
}

static void
add_fields (Sheet *sheet)
{
  GtkWidget *grid = gtk_grid_new ();
  gtk_grid_set_column_spacing (GTK_GRID (grid), 10);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 8);
  sheet->portal = add_entry (sheet, grid, 0, _ ("P_ortal"), PORTAL_MAX_LENGTH, FALSE);
  gtk_entry_set_placeholder_text (sheet->portal, "192.0.2.7:3260");
  sheet->targets = gtk_combo_box_text_new_with_entry ();
  sheet->target = GTK_ENTRY (gtk_bin_get_child (GTK_BIN (sheet->targets)));
  gtk_entry_set_activates_default (sheet->target, TRUE);
  gtk_entry_set_max_length (sheet->target, NAME_MAX_LENGTH);
  g_signal_connect_swapped (sheet->target, "changed", G_CALLBACK (show_state), sheet);
  attach (grid, 1, _ ("_Target"), sheet->targets, GTK_WIDGET (sheet->target));
  atk_object_set_name (gtk_widget_get_accessible (sheet->targets), _ ("Targets of the portal"));
  sheet->initiator = add_entry (sheet, grid, 2, _ ("_Initiator name"), NAME_MAX_LENGTH, FALSE);
  sheet->user = add_entry (sheet, grid, 3, _ ("_User (CHAP)"), LOGIN_MAX_LENGTH, FALSE);
  sheet->password = add_entry (sheet, grid, 4, _ ("_Password"), LOGIN_MAX_LENGTH, TRUE);
  sheet->in_user = add_entry (sheet, grid, 5, _ ("Target's u_ser"), LOGIN_MAX_LENGTH, FALSE);
  sheet->in_password = add_entry (sheet, grid, 6, _ ("Target's pass_word"), LOGIN_MAX_LENGTH, TRUE);
  sheet->ask = gtk_button_new_with_mnemonic (_ ("_Ask for its targets"));
  gtk_widget_set_can_default (sheet->ask, TRUE);
  g_signal_connect_swapped (sheet->ask, "clicked", G_CALLBACK (ask_portal), sheet);
  gtk_grid_attach (GTK_GRID (grid), sheet->ask, 2, 0, 1, 1);
  gtk_container_add (GTK_CONTAINER (sheet->sheet), grid);
  sheet->complaint = GTK_LABEL (row_make_label ("", "complaint"));
  gtk_widget_set_no_show_all (GTK_WIDGET (sheet->complaint), TRUE);
  gtk_container_add (GTK_CONTAINER (sheet->sheet), GTK_WIDGET (sheet->complaint));
}

void
iscsi_sheet_open (P2vWindow *window, void (*added) (gpointer page), gpointer page)
{
  Sheet *sheet = g_new0 (Sheet, 1);
  *sheet = (Sheet){.window = window, .sheet = sheet_new (), .added = added, .page = page};
  g_object_set_data_full (G_OBJECT (sheet->sheet), "sheet", sheet, g_free);
  g_signal_connect_swapped (sheet->sheet, "destroy", G_CALLBACK (sheet_closed), sheet);
  gtk_container_add (
      GTK_CONTAINER (sheet->sheet),
      row_make_label (_ ("All disks that the target has for this machine appear. Users and "
                         "passwords only where the target wants them."),
                      NULL));
  /* The buttons first: the fields say whether they can be pressed. */
  GtkWidget *buttons = sheet_add_buttons (sheet->sheet);
  sheet->connect = sheet_add_button (buttons, _ ("_Connect"), connect_target, sheet);
  (void)sheet_add_button (buttons, _ ("C_lose"), close_sheet, sheet);
  sheet->spinner = gtk_spinner_new ();
  atk_object_set_name (gtk_widget_get_accessible (sheet->spinner), _ ("Working"));
  gtk_container_add (GTK_CONTAINER (buttons), sheet->spinner);
  add_fields (sheet);
  sheet->said = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10));
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (sheet->said)), "notice");
  gtk_container_add (GTK_CONTAINER (sheet->sheet), GTK_WIDGET (sheet->said));
  gtk_widget_set_no_show_all (GTK_WIDGET (sheet->said), TRUE);
  gtk_box_reorder_child (GTK_BOX (sheet->sheet), buttons, -1);
  p2v_window_open_sheet (window, _ ("Add an iSCSI disk"), sheet->sheet);
  g_autofree char *initiator = iscsi_initiator ();
  gtk_entry_set_text (sheet->initiator, initiator);
  show_state (sheet);
  gtk_widget_grab_focus (GTK_WIDGET (sheet->portal));
}
