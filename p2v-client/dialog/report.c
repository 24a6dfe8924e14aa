/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"
#include "common/error.h"
#include "summary.h"

char *
report_make (const Shared *shared)
{
  const Event *finished = shared->finished;
  const P2vMachine *machine = shared->machine ? shared->machine : shared->present;
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *log = shared_log_text (shared);
  g_string_append_printf (out, "p2v-client %s, p2v-server %s\n", P2V_VERSION,
                          shared->probe ? shared->probe->version : "?");
  if (machine) {
    g_autofree char *words = summary_of_machine (machine, shared->settings);
    g_string_append_printf (out, "%s\n", words);
  }
  if (finished && finished->summary && shared->machine) {
    g_autofree char *figures = summary_of_job (finished->summary, shared->machine);
    g_string_append_printf (out, "\n%s\n", figures);
  }
  if (finished && finished->error) {
    g_autofree char *words = p2v_error_sentence (finished->error);
    g_string_append_printf (out, "\n%s\n", words);
  }
  g_string_append_printf (out, "\n%s", log);
  return g_string_free (g_steal_pointer (&out), FALSE);
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
