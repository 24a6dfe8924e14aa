/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog/say.h"
#include "text.h"

static const char *const connections[] = {"qemu:///system", "qemu:///session"};

typedef struct {
  Sheet *sheet;
  guint first_kind, where, system, qcow2, sparse;
  guint next;
} Form;

static void
make_form (Form *form, const Shared *shared)
{
  const Settings *settings = shared->settings;
  const Probe *probe = shared->probe;
  const char *connection = settings_get (settings, SETTING_output_connection);
  const char *user = settings_get (settings, SETTING_username);
  gboolean root = g_str_equal (user, "root") || settings_get_bool (settings, SETTING_sudo);
  gboolean system = connection ? g_str_equal (connection, connections[0]) : root;
  gboolean raw = g_str_equal (settings_get (settings, SETTING_output_format), "raw");
  gboolean whole = g_str_equal (settings_get (settings, SETTING_output_allocation), "preallocated");
  g_autofree char *room = say_room (probe);
  g_autofree char *words = g_strdup_printf ("%s%s%s", _ ("What the conversion server can make:"),
                                            room ? " " : "", room ? room : "");
  Sheet *sheet = form->sheet = sheet_new (_ ("Where does it go?"));
  sheet_set_text (sheet, words);
  for (guint i = 0; probe->targets[i]; i++) {
    const char *kind = probe->targets[i];
    guint field = sheet_add_choice (
        sheet, say_target (kind), g_str_equal (kind, settings_get (settings, SETTING_output_type)));
    form->first_kind = i == 0 ? field : form->first_kind;
  }
  form->where =
      sheet_add_entry (sheet, _ ("Where"), settings_get (settings, SETTING_output_storage));
  sheet_check (sheet, form->where, SETTING_output_storage, TRUE);
  if (g_strv_contains ((const char *const *)probe->targets, "libvirt")) {
    sheet_add_label (sheet, _ ("_Hypervisor"));
    form->system = sheet_add_choice (sheet, _ ("The whole server (qemu:///system)"), system);
    sheet_add_choice (sheet, _ ("The login user only (qemu:///session)"), !system);
  }
  sheet_add_label (sheet, _ ("Disk _format"));
  form->qcow2 = sheet_add_choice (sheet, _ ("qcow2: snapshots, grows as it is written"), !raw);
  sheet_add_choice (sheet, _ ("raw: a plain image of the disk"), raw);
  sheet_add_label (sheet, _ ("Disk _space"));
  form->sparse = sheet_add_choice (sheet, _ ("Only what is used"), !whole);
  sheet_add_choice (sheet, _ ("The whole size at once"), whole);
  form->next = sheet_add_button (sheet, _ ("_Next"), TRUE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
}

static void
store_form (const Form *form, const Shared *shared)
{
  Settings *settings = shared->settings;
  const Sheet *sheet = form->sheet;
  const char *where = sheet_value (sheet, form->where), *kind = shared->probe->targets[0];
  for (guint i = 0; shared->probe->targets[i]; i++)
    if (sheet_is_on (sheet, form->first_kind + i))
      kind = shared->probe->targets[i];
  settings_set (settings, SETTING_output_type, kind);
  settings_set (settings, SETTING_output_storage, *where ? where : NULL);
  settings_set (settings, SETTING_output_connection,
                g_strcmp0 (kind, "libvirt") != 0    ? NULL
                : sheet_is_on (sheet, form->system) ? connections[0]
                                                    : connections[1]);
  settings_set (settings, SETTING_output_format,
                sheet_is_on (sheet, form->qcow2) ? "qcow2" : "raw");
  settings_set (settings, SETTING_output_allocation,
                sheet_is_on (sheet, form->sparse) ? "sparse" : "preallocated");
}

Go
page_target (Text *text)
{
  Form form = {0};
  make_form (&form, text->shared);
  g_autoptr (Sheet) sheet = form.sheet;
  int button = text_run_sheet (sheet);
  if (button < 0)
    return GO_LEAVE;
  if (button != (int)form.next)
    return GO_BACK;
  store_form (&form, text->shared);
  return GO_NEXT;
}
