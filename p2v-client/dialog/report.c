/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"
#include "summary.h"

char *
report_make (const Shared *shared)
{
  g_autofree char *log = shared_log_text (shared);
  g_autofree char *figures = shared->finished->summary
                                 ? summary_of_job (shared->finished->summary, shared->machine)
                                 : g_strdup ("");
  g_autofree char *machine = summary_of_machine (shared->machine, shared->settings);
  return g_strdup_printf ("p2v-client %s, p2v-server %s\n%s\n\n%s%s%s", P2V_VERSION,
                          shared->probe ? shared->probe->version : "?", machine, figures,
                          *figures ? "\n\n" : "", log);
}

char *
report_go_live (const Shared *shared)
{
  const char *name = shared->machine->name;
  const char *storage = settings_get (shared->settings, SETTING_output_storage);
  if (g_str_equal (settings_get (shared->settings, SETTING_output_type), "libvirt"))
    return g_strdup_printf ("virsh start %s", name);
  return g_strdup_printf ("virsh define %s/%s.xml\nvirsh start %s", storage ? storage : "/var/tmp",
                          name, name);
}
