/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "look.h"

typedef struct {
  Work work;
  Settings *settings;
  P2vMachine *machine;
  LookDone done;
  Probe *probe;
  GError *error;
} Look;

static void
run (Work *work, GCancellable *cancel)
{
  Look *look = (Look *)work;
  look->probe = probe_server (look->settings, look->machine, cancel, &look->error);
}

static void
done (Work *work, gpointer owner)
{
  Look *look = (Look *)work;
  look->done (g_steal_pointer (&look->probe), look->error, owner);
}

static void
look_free (Work *work)
{
  Look *look = (Look *)work;
  settings_free (look->settings);
  p2v_machine_free (look->machine);
  probe_free (look->probe);
  g_clear_error (&look->error);
  g_free (look);
}

static P2vMachine *
copy_machine (const P2vMachine *machine)
{
  g_autoptr (JsonObject) object = p2v_machine_to_json (machine);
  return p2v_machine_from_json (object, NULL);
}

GCancellable *
look_start (const Settings *settings, const P2vMachine *machine, LookDone done_cb, GObject *owner)
{
  Look *look = g_new0 (Look, 1);
  look->work = (Work){run, done, look_free};
  look->settings = settings_copy (settings);
  look->machine = machine ? copy_machine (machine) : NULL;
  look->done = done_cb;
  return work_start (&look->work, owner);
}
