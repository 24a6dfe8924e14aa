/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert.h"
#include "phases.h"

/* What goes into the initrd comes before it, and GRUB's configuration, which
 * lists what is in /boot, after it; or beside it, when the names in /boot stay. */
static const ConvertStep linux_steps[] = {
    {"kernels", "Choosing the kernel", step_kernels},
    {"network names", "Keeping the names of the network cards", step_network_names},
    {"fstab", "Checking the file systems to mount", step_fstab},
    {"crypttab", "Checking the encrypted volumes", step_crypttab},
    {"resume", "Checking the place for hibernation", step_resume},
    {"storage", "Checking LVM and RAID settings", step_storage},
    {"hardware", "Disabling what needs the old hardware", step_hardware},
    {"hypervisor tools", "Disabling tools of other hypervisors", step_hypervisor_tools},
    {"display", "Checking the display driver", step_display},
    {"guest agent", "Offering the guest agent", step_guest_agent},
    {"grub defaults", "Checking the boot loader's settings", step_grub_defaults},
    {"console", "Adding a serial console", step_console},
    {"grub begin", "Preparing the boot loader's configuration", step_grub_begin},
    {"initrd", "Rebuilding the initial RAM disk", step_initrd},
    {"grub", "Renewing the boot loader's configuration", step_grub},
    {"efi fallback", "Checking the UEFI boot loader's place", step_efi_fallback},
};

static void
kernel_free (gpointer data)
{
  Kernel *kernel = data;
  g_free (kernel->version);
  g_free (kernel->image);
  g_free (kernel->initrd);
  g_free (kernel->builtin);
  g_free (kernel->modules);
  g_free (kernel);
}

static char *
service_name (const char *path)
{
  char *name = g_path_get_basename (path);
  if (g_str_has_suffix (name, ".service"))
    name[strlen (name) - strlen (".service")] = '\0';
  return name;
}

/* Services that start by themselves, from both worlds: units in a target's
 * .wants, and S links of run level 2, Debian's normal one. */
static char **
list_enabled (Convert *c)
{
  GPtrArray *names = g_ptr_array_new ();
  g_auto (GStrv) units = convert_glob (c, "/etc/systemd/system/*.wants/*");
  g_auto (GStrv) scripts = convert_glob (c, "/etc/rc2.d/S[0-9][0-9]*");
  for (guint i = 0; units[i]; i++)
    g_ptr_array_add (names, service_name (units[i]));
  for (guint i = 0; scripts[i]; i++) {
    g_autofree char *name = g_path_get_basename (scripts[i]);
    g_ptr_array_add (names, g_strdup (name + strlen ("S00")));
  }
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}

static gboolean
run_steps (Convert *c, const ConvertStep *steps, guint n_steps, GError **error)
{
  for (guint i = 0; i < n_steps; i++) {
    guint before = c->changes;
    gint64 start = g_get_monotonic_time ();
    c->step = steps[i].name;
    if (!job_check_cancelled (c->job, error))
      return FALSE;
    job_progress (c->job, i, n_steps);
    job_log (c->job, P2V_LOG_INFO, "%s", steps[i].words);
    if (!steps[i].run (c, error)) {
      job_log (c->job, P2V_LOG_WARNING, "Step \"%s\" failed", steps[i].name);
      return FALSE;
    }
    job_log (c->job, P2V_LOG_DEBUG, "step %s: %u changes, %.1f s", c->step, c->changes - before,
             (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  }
  job_progress (c->job, n_steps, n_steps);
  return TRUE;
}

gboolean
phase_convert (Job *job, GError **error)
{
  Convert c = {.job = job, .guest = job->guest, .g = job->guest->g};
  c.kernels = g_ptr_array_new_with_free_func (kernel_free);
  c.systemd = convert_exists (&c, "/lib/systemd/systemd");
  c.enabled = list_enabled (&c);
  gboolean ok = run_steps (&c, linux_steps, G_N_ELEMENTS (linux_steps), error);
  if (ok)
    job_log (job, P2V_LOG_INFO,
             c.changes ? "The guest is converted: %u changes"
                       : "Nothing had to be changed (%u changes)",
             c.changes);
  g_ptr_array_unref (c.kernels);
  g_strfreev (c.enabled);
  g_free (c.beside);
  return ok;
}
