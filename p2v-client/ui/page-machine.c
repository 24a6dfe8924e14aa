/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-machine.h"
#include "contents.h"
#include "dialog/choice.h"
#include "dialog/reading.h"
#include "dialog/say.h"
#include "dialog/work.h"
#include "form.h"
#include "iscsi-sheet.h"
#include "notice.h"
#include "rows.h"

#define MIB (1024 * 1024)

struct _P2vPageMachine {
  P2vPage parent;
  GtkEntry *name, *luks;
  GtkSpinButton *vcpus, *memory;
  GtkComboBox *root;
  GtkListBox *disks, *cards, *drives;
  GtkLabel *complaint, *bad_network;
  GtkBox *blind;
  GtkWidget *reading, *all, *locked, *no_cards, *together, *drives_title, *iscsi;
  Form *form;
  GCancellable *read;
  char **known; /* devices that were there before; NULL: this is the first reading */
  GPtrArray *disk_buttons, *card_buttons, *drive_buttons; /* GtkToggleButton *, as in "present" */
  GPtrArray *networks;                                    /* GtkComboBoxText *, of each card */
};

G_DEFINE_TYPE (P2vPageMachine, p2v_page_machine, P2V_TYPE_PAGE)

/* ---- the widgets ---- */

static guint
count_active (GPtrArray *buttons)
{
  guint n = 0;
  for (guint i = 0; i < buttons->len; i++)
    n += gtk_toggle_button_get_active (g_ptr_array_index (buttons, i)) ? 1 : 0;
  return n;
}

/* The first network of a card that is to be converted and cannot be right is told. */
static gboolean
check_networks (P2vPageMachine *self)
{
  g_autofree char *words = NULL;
  for (guint i = 0; i < self->networks->len; i++) {
    GtkWidget *entry = gtk_bin_get_child (g_ptr_array_index (self->networks, i));
    GtkStyleContext *style = gtk_widget_get_style_context (entry);
    g_autoptr (GError) error = NULL;
    gboolean used = gtk_toggle_button_get_active (g_ptr_array_index (self->card_buttons, i));
    if (used && !choice_check_network (gtk_entry_get_text (GTK_ENTRY (entry)), &error))
      gtk_style_context_add_class (style, "error");
    else
      gtk_style_context_remove_class (style, "error");
    if (error && !words)
      words = say_error (error);
  }
  gtk_label_set_text (self->bad_network, words ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->bad_network), words != NULL);
  return words == NULL;
}

static void
take_change (gpointer data)
{
  P2vPageMachine *self = data;
  gboolean networks = check_networks (self);
  p2v_page_set_complete (P2V_PAGE (self), networks && form_is_good (self->form) &&
                                              self->disk_buttons->len > 0 &&
                                              count_active (self->disk_buttons) > 0);
}

static gboolean
is_chosen (GPtrArray *disks, const char *device)
{
  for (guint i = 0; i < disks->len; i++)
    if (g_str_equal (((P2vDisk *)g_ptr_array_index (disks, i))->device, device))
      return TRUE;
  return FALSE;
}

/* Who adds a disk wants it. */
static gboolean
is_new (P2vPageMachine *self, const char *device)
{
  return self->known && !g_strv_contains ((const char *const *)self->known, device);
}

static const P2vNic *
find_chosen (GPtrArray *nics, const char *name)
{
  for (guint i = 0; i < nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (nics, i);
    if (g_str_equal (nic->name, name))
      return nic;
  }
  return NULL;
}

static void
add_disks (P2vPageMachine *self, const Reading *reading)
{
  gboolean together = FALSE, locked = FALSE;
  for (guint i = 0; i < reading->all->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (reading->all->disks, i);
    GPtrArray *contents = g_ptr_array_index (reading->contents, i);
    g_autofree char *title = say_disk (disk);
    g_autofree char *details = say_disk_details (disk, contents);
    GtkToggleButton *button = row_add (self->disks, title, details);
    gtk_toggle_button_set_active (button, is_chosen (reading->chosen->disks, disk->device) ||
                                              is_new (self, disk->device));
    g_signal_connect_swapped (button, "toggled", G_CALLBACK (take_change), self);
    g_ptr_array_add (self->disk_buttons, button);
    for (guint j = 0; j < contents->len; j++) {
      const ContentsPart *part = g_ptr_array_index (contents, j);
      together |= part->type && g_str_has_suffix (part->type, "_member");
      locked |= contents_is_locked (part);
    }
  }
  gtk_widget_set_visible (self->together, together);
  gtk_widget_set_visible (self->locked, locked);
}

static void
add_cards (P2vPageMachine *self, const Reading *reading)
{
  for (guint i = 0; i < reading->all->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (reading->all->nics, i);
    const P2vNic *chosen = find_chosen (reading->chosen->nics, nic->name);
    g_autofree char *title = g_strdup_printf ("%s   %s", nic->name, nic->mac);
    g_autofree char *name = g_strdup_printf (_ ("Network for %s"), nic->name);
    GtkToggleButton *button =
        row_add (self->cards, title, nic->carrier ? _ ("cable connected") : _ ("no cable"));
    GtkWidget *combo = gtk_combo_box_text_new_with_entry ();
    GtkWidget *entry = gtk_bin_get_child (GTK_BIN (combo));
    gtk_entry_set_text (GTK_ENTRY (entry), chosen ? chosen->network : nic->network);
    gtk_entry_set_width_chars (GTK_ENTRY (entry), 14);
    atk_object_set_name (gtk_widget_get_accessible (combo), name);
    atk_object_set_name (gtk_widget_get_accessible (entry), name);
    row_add_widget (button, combo);
    row_add_widget (button, gtk_label_new (_ ("to network")));
    gtk_toggle_button_set_active (button, chosen != NULL);
    g_object_bind_property (button, "active", combo, "sensitive", G_BINDING_SYNC_CREATE);
    g_signal_connect_swapped (button, "toggled", G_CALLBACK (take_change), self);
    g_signal_connect_swapped (entry, "changed", G_CALLBACK (take_change), self);
    g_ptr_array_add (self->card_buttons, button);
    g_ptr_array_add (self->networks, combo);
  }
  gtk_widget_set_visible (self->no_cards, reading->all->nics->len == 0);
  gtk_widget_set_visible (GTK_WIDGET (self->cards), reading->all->nics->len > 0);
}

static void
add_drives (P2vPageMachine *self, const Reading *reading)
{
  GPtrArray *drives = reading->all->removable;
  for (guint i = 0; i < drives->len; i++) {
    const char *name = g_ptr_array_index (drives, i);
    GtkToggleButton *button =
        row_add (self->drives, name, _ ("The virtual machine gets it empty."));
    gtk_toggle_button_set_active (button, g_ptr_array_find_with_equal_func (
                                              reading->chosen->removable, name, g_str_equal, NULL));
    g_ptr_array_add (self->drive_buttons, button);
  }
  gtk_widget_set_visible (self->drives_title, drives->len > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->drives), drives->len > 0);
}

/* The networks to choose from are known since the server was looked at. */
static void
offer_networks (P2vPageMachine *self)
{
  const Probe *probe = p2v_page_shared (P2V_PAGE (self))->probe;
  for (guint i = 0; i < self->networks->len; i++) {
    GtkComboBoxText *combo = g_ptr_array_index (self->networks, i);
    GtkEntry *entry = GTK_ENTRY (gtk_bin_get_child (GTK_BIN (combo)));
    g_autofree char *now = g_strdup (gtk_entry_get_text (entry));
    gtk_combo_box_text_remove_all (combo);
    for (guint j = 0; probe && probe->networks[j]; j++)
      gtk_combo_box_text_append_text (combo, probe->networks[j]);
    gtk_entry_set_text (entry, now);
  }
}

static void
take_reading (Reading *reading, const GError *error, gpointer owner)
{
  P2vPageMachine *self = owner;
  Shared *shared = p2v_page_shared (P2V_PAGE (self));
  g_clear_object (&self->read);
  gtk_widget_hide (self->reading);
  gtk_widget_set_visible (self->iscsi, shared->options->image);
  if (error) {
    g_autofree char *problem = say_problem (error);
    g_autofree char *remedy = say_remedy (error);
    notice_show (self->blind, NOTICE_ERROR, problem, remedy);
    return;
  }
  const P2vMachine *chosen = reading->chosen;
  gtk_entry_set_text (self->name, chosen->name);
  gtk_spin_button_set_value (self->vcpus, chosen->vcpus);
  gtk_spin_button_set_value (self->memory, (double)(chosen->memory / MIB));
  add_disks (self, reading);
  add_cards (self, reading);
  add_drives (self, reading);
  offer_networks (self);
  gtk_widget_show (self->all);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    gtk_widget_grab_focus (GTK_WIDGET (self->name));
  p2v_machine_free (shared->present);
  shared->present = g_steal_pointer (&reading->all);
  g_object_set_data (G_OBJECT (self->vcpus), "physical", GUINT_TO_POINTER (chosen->vcpus));
  g_object_set_data (G_OBJECT (self->memory), "physical",
                     GUINT_TO_POINTER ((guint)(chosen->memory / MIB)));
  take_change (self);
}

static void
start (P2vPage *page)
{
  P2vPageMachine *self = P2V_PAGE_MACHINE (page);
  Settings *settings = p2v_page_shared (page)->settings;
  self->form = form_new (settings, self->complaint, take_change, self);
  form_add (self->form, self->name, SETTING_name, FALSE);
  form_add (self->form, self->luks, SETTING_luks, TRUE);
  gtk_combo_box_set_active_id (self->root, settings_get (settings, SETTING_root));
  if (gtk_combo_box_get_active (self->root) < 0) {
    const char *root = settings_get (settings, SETTING_root);
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (self->root), root, root);
    gtk_combo_box_set_active_id (self->root, root);
  }
  self->read = reading_start (settings, take_reading, G_OBJECT (self));
}

static void
enter (P2vPage *page)
{
  gtk_widget_grab_focus (GTK_WIDGET (P2V_PAGE_MACHINE (page)->name));
  offer_networks (P2V_PAGE_MACHINE (page));
}

/* ---- into the settings ---- */

static void
store_number (Settings *settings, GtkSpinButton *button, SettingId id, const char *unit)
{
  gtk_spin_button_update (button); /* what is typed counts before the focus has gone on */
  int value = gtk_spin_button_get_value_as_int (button);
  /* As it was: what the machine says. */
  if (value == GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "physical")) &&
      !settings_given (settings, id))
    return;
  g_autofree char *text = g_strdup_printf ("%d%s", value, unit);
  settings_set (settings, id, text);
}

static void
leave (P2vPage *page)
{
  P2vPageMachine *self = P2V_PAGE_MACHINE (page);
  const Shared *shared = p2v_page_shared (page);
  Choice choice;
  choice_begin (&choice);
  form_store (self->form);
  for (guint i = 0; i < self->disk_buttons->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (shared->present->disks, i);
    if (gtk_toggle_button_get_active (g_ptr_array_index (self->disk_buttons, i)))
      choice_add_disk (&choice, disk);
  }
  for (guint i = 0; i < self->card_buttons->len; i++) {
    const P2vNic *nic = g_ptr_array_index (shared->present->nics, i);
    g_autofree char *network =
        gtk_combo_box_text_get_active_text (g_ptr_array_index (self->networks, i));
    if (gtk_toggle_button_get_active (g_ptr_array_index (self->card_buttons, i)))
      choice_add_card (&choice, nic, network);
  }
  for (guint i = 0; i < self->drive_buttons->len; i++)
    choice_add_drive (&choice, g_ptr_array_index (shared->present->removable, i),
                      gtk_toggle_button_get_active (g_ptr_array_index (self->drive_buttons, i)));
  choice_store (&choice, shared->settings);
  settings_set (shared->settings, SETTING_root, gtk_combo_box_get_active_id (self->root));
  store_number (shared->settings, self->vcpus, SETTING_vcpu_cores, "");
  store_number (shared->settings, self->memory, SETTING_memory, "M");
}

/* ---- a disk more ---- */

static char **
devices_of (const P2vMachine *machine)
{
  g_autoptr (GStrvBuilder) devices = g_strv_builder_new ();
  for (guint i = 0; machine && i < machine->disks->len; i++)
    g_strv_builder_add (devices, ((P2vDisk *)g_ptr_array_index (machine->disks, i))->device);
  return g_strv_builder_end (devices);
}

/* With what has been chosen so far. */
static void
read_again (gpointer data)
{
  P2vPageMachine *self = data;
  const Shared *shared = p2v_page_shared (P2V_PAGE (self));
  GtkListBox *const lists[] = {self->disks, self->cards, self->drives};
  GPtrArray *const kept[] = {self->disk_buttons, self->card_buttons, self->drive_buttons,
                             self->networks};
  if (shared->present && count_active (self->disk_buttons) > 0)
    leave (P2V_PAGE (self));
  g_strfreev (self->known);
  self->known = devices_of (shared->present);
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    g_ptr_array_set_size (kept[i], 0);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    rows_clear (GTK_CONTAINER (lists[i]));
  notice_hide (self->blind);
  gtk_widget_hide (self->all);
  gtk_widget_show (self->reading);
  p2v_page_set_complete (P2V_PAGE (self), FALSE);
  work_cancel (&self->read);
  self->read = reading_start (shared->settings, take_reading, G_OBJECT (self));
}

static void
add_iscsi (P2vPageMachine *self)
{
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  iscsi_sheet_open (P2V_WINDOW (window), read_again, self);
}

static void
dispose (GObject *object)
{
  P2vPageMachine *self = P2V_PAGE_MACHINE (object);
  work_cancel (&self->read);
  g_clear_pointer (&self->form, form_free);
  G_OBJECT_CLASS (p2v_page_machine_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  P2vPageMachine *self = P2V_PAGE_MACHINE (object);
  g_ptr_array_unref (self->disk_buttons);
  g_ptr_array_unref (self->card_buttons);
  g_ptr_array_unref (self->drive_buttons);
  g_ptr_array_unref (self->networks);
  g_strfreev (self->known);
  G_OBJECT_CLASS (p2v_page_machine_parent_class)->finalize (object);
}

static void
p2v_page_machine_class_init (P2vPageMachineClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  G_OBJECT_CLASS (class)->finalize = finalize;
  P2V_PAGE_CLASS (class)->start = start;
  P2V_PAGE_CLASS (class)->enter = enter;
  P2V_PAGE_CLASS (class)->leave = leave;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-machine.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageMachine, name)
  CHILD (name);
  CHILD (vcpus);
  CHILD (memory);
  CHILD (root);
  CHILD (disks);
  CHILD (cards);
  CHILD (complaint);
  CHILD (blind);
  CHILD (reading);
  CHILD (all);
  CHILD (no_cards);
  CHILD (bad_network);
  CHILD (drives);
  CHILD (drives_title);
  CHILD (together);
  CHILD (locked);
  CHILD (luks);
  CHILD (iscsi);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget, add_iscsi);
}

static void
p2v_page_machine_init (P2vPageMachine *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  rows_follow_focus (self->all);
  /* The most that common/machine.c and check_memory let through. */
  gtk_spin_button_set_range (self->vcpus, 1, 4096);
  gtk_spin_button_set_increments (self->vcpus, 1, 4);
  gtk_spin_button_set_range (self->memory, 16, 64.0 * MIB);
  gtk_spin_button_set_increments (self->memory, 512, 4096);
  self->disk_buttons = g_ptr_array_new ();
  self->card_buttons = g_ptr_array_new ();
  self->drive_buttons = g_ptr_array_new ();
  self->networks = g_ptr_array_new ();
}
