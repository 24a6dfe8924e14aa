/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"
#include "contents.h"
#include "hardware.h"
#include "os-find.h"
#include "work.h"

typedef struct {
  Work work;
  Settings *settings;
  CheckDone done;
  P2vMachine *machine;
  GPtrArray *contents;
  GPtrArray *notes;
  GPtrArray *systems; /* FoundSystem *; NULL: could not be looked for */
  Probe *probe;
  GError *error;
} Check;

static void
run (Work *work, GCancellable *cancel)
{
  Check *check = (Check *)work;
  check->contents = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  check->machine = inventory_read (check->settings, &check->error);
  if (!check->machine)
    return;
  for (guint i = 0; i < check->machine->disks->len; i++)
    g_ptr_array_add (check->contents, contents_read (g_ptr_array_index (check->machine->disks, i)));
  check->notes = hardware_disks (check->machine);
  check->systems = os_find (check->machine, cancel);
  check->probe = probe_server (check->settings, check->machine, cancel, &check->error);
}

static void
finish (Work *work, gpointer owner)
{
  Check *check = (Check *)work;
  GPtrArray *findings = findings_make (check->settings, check->machine, check->contents,
                                       check->notes, check->systems, check->probe, check->error);
  check->done (findings, g_steal_pointer (&check->machine), owner);
}

static void
check_free (Work *work)
{
  Check *check = (Check *)work;
  settings_free (check->settings);
  p2v_machine_free (check->machine);
  g_ptr_array_unref (check->contents);
  g_clear_pointer (&check->notes, g_ptr_array_unref);
  g_clear_pointer (&check->systems, g_ptr_array_unref);
  probe_free (check->probe);
  g_clear_error (&check->error);
  g_free (check);
}

GCancellable *
check_start (const Settings *settings, CheckDone done, GObject *owner)
{
  Check *check = g_new0 (Check, 1);
  check->work = (Work){run, finish, check_free};
  check->settings = settings_copy (settings);
  check->done = done;
  return work_start (&check->work, owner);
}
