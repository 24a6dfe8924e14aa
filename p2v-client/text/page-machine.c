/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contents.h"
#include "dialog/choice.h"
#include "dialog/reading.h"
#include "dialog/say.h"
#include "text.h"

#define TITLE _ ("What becomes a virtual machine?")
#define MIB   (1024 * 1024)

typedef struct {
  Sheet *sheet;
  guint name, vcpus, memory, root;
  gboolean locked; /* there are encrypted volumes */
  guint luks;
  GArray *disks, *cards, *networks, *drives; /* guint: the fields, in the order of "present" */
  guint next, iscsi;
  char *physical_vcpus, *physical_memory; /* as they were filled in */
} Form;

typedef struct {
  gboolean done;
  Reading reading;
  GError *error;
} Wait;

static void
take_reading (Reading *reading, const GError *error, gpointer owner)
{
  Wait *wait = g_object_get_data (owner, "wait");
  wait->reading = *reading;
  *reading = (Reading){0};
  wait->error = error ? g_error_copy (error) : NULL;
  wait->done = TRUE;
}

static gboolean
read_machine (const Text *text, Wait *wait)
{
  g_object_set_data (text->owner, "wait", wait);
  g_autoptr (GCancellable) cancel =
      reading_start (text->shared->settings, take_reading, text->owner);
  return text_wait (TITLE, _ ("Looking at the disks and network cards of this machine…"),
                    &wait->done, cancel);
}

/* ---- the form ---- */

static gboolean
check_memory_in_mib (const char *value, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%sM", value);
  return settings_check (SETTING_memory, text, error);
}

static void
add_disks (Form *form, const Reading *reading, char **known)
{
  gboolean together = FALSE;
  sheet_add_label (form->sheet, "");
  sheet_add_label (form->sheet, _ ("Disks"));
  for (guint i = 0; i < reading->all->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (reading->all->disks, i);
    GPtrArray *contents = g_ptr_array_index (reading->contents, i);
    g_autofree char *title = say_disk (disk);
    g_autofree char *details = say_disk_details (disk, contents);
    g_autofree char *words = g_strdup_printf ("%s\n%s", title, details);
    /* Who adds a disk wants it. */
    gboolean chosen = known && !g_strv_contains ((const char *const *)known, disk->device);
    for (guint j = 0; j < reading->chosen->disks->len; j++)
      chosen |= g_str_equal (((P2vDisk *)g_ptr_array_index (reading->chosen->disks, j))->device,
                             disk->device);
    guint field = sheet_add_named_switch (form->sheet, words, chosen);
    g_array_append_val (form->disks, field);
    for (guint j = 0; j < contents->len; j++) {
      const ContentsPart *part = g_ptr_array_index (contents, j);
      together |= part->type && g_str_has_suffix (part->type, "_member");
      form->locked |= contents_is_locked (part);
    }
  }
  if (together)
    sheet_add_label (form->sheet,
                     _ ("Disks whose RAID or volume group is shared belong together."));
}

static void
add_passphrases (Form *form, const Settings *settings)
{
  if (!form->locked)
    return;
  form->luks = sheet_add_secret (form->sheet, _ ("Passphrase of the encrypted disks"),
                                 settings_get (settings, SETTING_luks));
  /* xgettext:no-c-format */
  sheet_add_label (form->sheet, _ ("Several are separated by commas; a comma in one is %2C."));
}

static void
add_cards (Form *form, const Reading *reading)
{
  sheet_add_label (form->sheet, "");
  sheet_add_label (form->sheet, reading->all->nics->len ? _ ("Network cards")
                                                        : _ ("No network card was found."));
  for (guint i = 0; i < reading->all->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (reading->all->nics, i), *chosen = NULL;
    for (guint j = 0; j < reading->chosen->nics->len; j++) {
      const P2vNic *candidate = g_ptr_array_index (reading->chosen->nics, j);
      chosen = g_str_equal (candidate->name, nic->name) ? candidate : chosen;
    }
    g_autofree char *title = say_card (nic);
    g_autofree char *name = g_strdup_printf (_ ("Network for %s"), nic->name);
    guint card = sheet_add_named_switch (form->sheet, title, chosen != NULL);
    guint network = sheet_add_entry (form->sheet, name, chosen ? chosen->network : nic->network);
    sheet_check (form->sheet, network, SETTING_network, TRUE);
    g_array_append_val (form->cards, card);
    g_array_append_val (form->networks, network);
  }
}

static void
add_drives (Form *form, const Reading *reading)
{
  GPtrArray *drives = reading->all->removable;
  if (drives->len == 0)
    return;
  sheet_add_label (form->sheet, "");
  sheet_add_label (form->sheet, _ ("Drives for removable media"));
  for (guint i = 0; i < drives->len; i++) {
    const char *name = g_ptr_array_index (drives, i);
    g_autofree char *words =
        g_strdup_printf ("%s\n%s", name, _ ("The virtual machine gets it empty."));
    guint field = sheet_add_named_switch (
        form->sheet, words,
        g_ptr_array_find_with_equal_func (reading->chosen->removable, name, g_str_equal, NULL));
    g_array_append_val (form->drives, field);
  }
}

/* "ask", "single", "first", or the device that a kernel argument names. */
static void
add_root (Form *form, const Settings *settings)
{
  const char *root = settings_get (settings, SETTING_root);
  gboolean device = g_str_has_prefix (root, "/dev/");
  sheet_add_label (form->sheet, _ ("_Operating system"));
  form->root = sheet_add_choice (form->sheet, _ ("Ask which one, if there are several"),
                                 g_str_equal (root, "ask"));
  sheet_add_choice (form->sheet, _ ("There is one (stop if there are several)"),
                    g_str_equal (root, "single"));
  sheet_add_choice (form->sheet, _ ("The first, if there are several"),
                    g_str_equal (root, "first"));
  if (device)
    sheet_add_named_choice (form->sheet, root, TRUE);
}

/* KNOWN: devices that were there before; NULL: it is the first time. */
static void
make_form (Form *form, const Shared *shared, const Reading *reading, char **known)
{
  const P2vMachine *chosen = reading->chosen;
  Sheet *sheet = form->sheet = sheet_new (TITLE);
  form->disks = g_array_new (FALSE, FALSE, sizeof (guint));
  form->cards = g_array_new (FALSE, FALSE, sizeof (guint));
  form->networks = g_array_new (FALSE, FALSE, sizeof (guint));
  form->drives = g_array_new (FALSE, FALSE, sizeof (guint));
  form->physical_vcpus = g_strdup_printf ("%u", chosen->vcpus);
  form->physical_memory = g_strdup_printf ("%" G_GUINT64_FORMAT, chosen->memory / MIB);
  form->name = sheet_add_entry (sheet, _ ("_Name"), chosen->name);
  form->vcpus = sheet_add_entry (sheet, _ ("_Processors"), form->physical_vcpus);
  form->memory = sheet_add_entry (sheet, _ ("_Memory (MiB)"), form->physical_memory);
  sheet_check (sheet, form->name, SETTING_name, FALSE);
  sheet_check (sheet, form->vcpus, SETTING_vcpu_cores, FALSE);
  sheet_check_by (sheet, form->memory, check_memory_in_mib, NULL);
  add_root (form, shared->settings);
  add_disks (form, reading, known);
  add_passphrases (form, shared->settings);
  add_cards (form, reading);
  add_drives (form, reading);
  form->next = sheet_add_button (sheet, _ ("_Next"), TRUE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  form->iscsi =
      shared->options->image ? sheet_add_button (sheet, _ ("Add an iSCSI _disk…"), FALSE) : 99;
}

static void
form_clear (Form *form)
{
  g_clear_pointer (&form->sheet, sheet_free);
  g_clear_pointer (&form->disks, g_array_unref);
  g_clear_pointer (&form->cards, g_array_unref);
  g_clear_pointer (&form->networks, g_array_unref);
  g_clear_pointer (&form->drives, g_array_unref);
  g_clear_pointer (&form->physical_vcpus, g_free);
  g_clear_pointer (&form->physical_memory, g_free);
}

/* ---- into the settings ---- */

/* As it was: what the machine or the kernel argument says. */
static void
store_number (const Form *form, Settings *settings, guint field, const char *physical, SettingId id,
              const char *unit)
{
  const char *value = sheet_value (form->sheet, field);
  g_autofree char *text = g_strdup_printf ("%s%s", value, unit);
  if (!g_str_equal (value, physical))
    settings_set (settings, id, text);
}

/* FALSE when no disk is chosen. */
static gboolean
store_form (const Form *form, const Shared *shared)
{
  Settings *settings = shared->settings;
  const P2vMachine *present = shared->present;
  Choice choice;
  guint disks = 0;
  choice_begin (&choice);
  for (guint i = 0; i < form->disks->len; i++) {
    if (!sheet_is_on (form->sheet, g_array_index (form->disks, guint, i)))
      continue;
    choice_add_disk (&choice, g_ptr_array_index (present->disks, i));
    disks++;
  }
  for (guint i = 0; i < form->cards->len; i++)
    if (sheet_is_on (form->sheet, g_array_index (form->cards, guint, i)))
      choice_add_card (&choice, g_ptr_array_index (present->nics, i),
                       sheet_value (form->sheet, g_array_index (form->networks, guint, i)));
  for (guint i = 0; i < form->drives->len; i++)
    choice_add_drive (&choice, g_ptr_array_index (present->removable, i),
                      sheet_is_on (form->sheet, g_array_index (form->drives, guint, i)));
  choice_store (&choice, settings);
  settings_set (settings, SETTING_name, sheet_value (form->sheet, form->name));
  const char *luks = form->locked ? sheet_value (form->sheet, form->luks) : "";
  if (form->locked)
    settings_set (settings, SETTING_luks, *luks ? luks : NULL);
  static const char *const roots[] = {"ask", "single", "first"};
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (sheet_is_on (form->sheet, form->root + i))
      settings_set (settings, SETTING_root, roots[i]);
  store_number (form, settings, form->vcpus, form->physical_vcpus, SETTING_vcpu_cores, "");
  store_number (form, settings, form->memory, form->physical_memory, SETTING_memory, "M");
  return disks > 0;
}

typedef enum { RUN_NEXT, RUN_BACK, RUN_LEAVE, RUN_ISCSI } Run;

static Run
run_form (Form *form, const Shared *shared)
{
  for (;;) {
    int button = text_run_sheet (form->sheet);
    if (button < 0)
      return RUN_LEAVE;
    gboolean some =
        (button == (int)form->next || button == (int)form->iscsi) && store_form (form, shared);
    if (button == (int)form->iscsi) {
      if (!some) /* none is as good as nothing said */
        settings_set (shared->settings, SETTING_disks, NULL);
      return RUN_ISCSI;
    }
    if (button != (int)form->next)
      return RUN_BACK;
    if (some)
      return RUN_NEXT;
    sheet_set_notice (form->sheet, NOTICE_ERROR, _ ("No disk is chosen."),
                      _ ("Choose at least the disk with the operating system."));
  }
}

static char **
devices_of (const P2vMachine *machine)
{
  g_autoptr (GStrvBuilder) devices = g_strv_builder_new ();
  for (guint i = 0; machine && i < machine->disks->len; i++)
    g_strv_builder_add (devices, ((P2vDisk *)g_ptr_array_index (machine->disks, i))->device);
  return g_strv_builder_end (devices);
}

/* A machine may have no disk but one that is added here. */
static Run
tell_error (const Shared *shared, const GError *error)
{
  g_autofree char *words = say_error (error);
  if (!shared->options->image) {
    text_tell (TITLE, words, NULL, NULL);
    return RUN_BACK;
  }
  return text_ask (TITLE, words, _ ("Add an iSCSI _disk…"), _ ("_Back"), NULL, NULL) ? RUN_ISCSI
                                                                                     : RUN_BACK;
}

static Run
run_reading (Shared *shared, Reading *reading, const GError *error, char **known)
{
  if (error)
    return tell_error (shared, error);
  Form form = {0};
  make_form (&form, shared, reading, known);
  p2v_machine_free (shared->present);
  shared->present = g_steal_pointer (&reading->all);
  Run run = run_form (&form, shared);
  form_clear (&form);
  return run;
}

Go
page_machine (Text *text)
{
  Shared *shared = text->shared;
  g_auto (GStrv) known = NULL;
  for (;;) {
    Wait wait = {0};
    if (!read_machine (text, &wait))
      return GO_BACK;
    Run run = run_reading (shared, &wait.reading, wait.error, known);
    p2v_machine_free (wait.reading.all);
    p2v_machine_free (wait.reading.chosen);
    g_clear_pointer (&wait.reading.contents, g_ptr_array_unref);
    g_clear_error (&wait.error);
    if (run != RUN_ISCSI)
      return run == RUN_NEXT ? GO_NEXT : run == RUN_BACK ? GO_BACK : GO_LEAVE;
    g_strfreev (known);
    known = devices_of (shared->present);
    text_add_iscsi (text);
  }
}
