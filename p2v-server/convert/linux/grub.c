/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's configuration is made again by the guest's own grub-mkconfig and
 * then checked; one that does not hold is replaced by the old one, in which
 * only device names are changed. */
#include <string.h>
#include "convert.h"
#include "grub-text.h"
#include "kernel-args.h"
#include "kernels.h"

#define CONFIG    "/boot/grub/grub.cfg"
#define OS_PROBER "/etc/grub.d/30_os-prober"
#define MENU_LST  "/boot/grub/menu.lst"

static char *
find_problem (Convert *c, const char *text)
{
  const Kernel *kernel = g_ptr_array_index (c->kernels, 0);
  return grub_config_problem (text, kernel->version, convert_exists (c, kernel->initrd));
}

/* os-prober would look for other systems on all disks of the appliance:
 * minutes, and everything it reads comes from the source.  GRUB_DISABLE_OS_PROBER would be
 * overridden by the guest's own setting. */
static gboolean
run_mkconfig (Convert *c, GError **error)
{
  const char *const argv[] = {"env", "LC_ALL=C", "grub-mkconfig", "-o", CONFIG, NULL};
  struct guestfs_statns *prober = guestfs_statns (c->g, OS_PROBER);
  if (prober)
    guestfs_chmod (c->g, 0644, OS_PROBER);
  gboolean ok = convert_run (c, argv, NULL, error);
  if (prober)
    guestfs_chmod (c->g, (int)(prober->st_mode & 07777), OS_PROBER);
  guestfs_free_statns (prober);
  return ok;
}

/* NULL when the configuration is fine, else why not (caller frees). */
static char *
check_config (Convert *c)
{
  const char *const check[] = {"grub-script-check", CONFIG, NULL};
  g_autoptr (GError) error = NULL;
  g_autofree char *text = convert_read (c, CONFIG, &error);
  if (!text)
    return p2v_error_problem (error);
  char *problem = find_problem (c, text);
  if (!problem && !convert_run (c, check, NULL, &error))
    problem = p2v_error_problem (error);
  return problem;
}

/* Makes the configuration, unless that was done and is fine.  Returns as check_config. */
static char *
regenerate (Convert *c)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *problem = c->beside_done ? check_config (c) : NULL;
  if (c->beside_done && !problem)
    return NULL;
  return run_mkconfig (c, &error) ? check_config (c) : p2v_error_problem (error);
}

/* Only device names, in place. */
static gboolean
edit_conservatively (Convert *c, const char *path, const char *text, GError **error)
{
  g_autoptr (GPtrArray) changed = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *new = kernel_args_rewrite_devices (text, convert_argument_name, c, changed);
  if (!convert_write (c, path, new ? new : text, 0444, error))
    return FALSE;
  for (guint i = 0; i < changed->len; i++)
    convert_changed (c, path, g_ptr_array_index (changed, i),
                     "The name belongs to the old machine's hardware.");
  return TRUE;
}

static gboolean
renew_grub2 (Convert *c, const char *old, GError **error)
{
  if (!convert_keep_original (c, CONFIG, error))
    return FALSE;
  g_autofree char *problem = regenerate (c);
  if (!problem) {
    convert_changed (c, CONFIG, "GRUB's configuration was made again.",
                     "It names the kernel's arguments, the devices and the files in /boot.");
    return TRUE;
  }
  report_warning (c->job->report,
                  "GRUB's configuration could not be made again (%s); the old one is used, with "
                  "device names corrected and without a serial console.",
                  problem);
  if (!edit_conservatively (c, CONFIG, old, error))
    return FALSE;
  g_autofree char *text = convert_read (c, CONFIG, error);
  g_autofree char *rest = text ? find_problem (c, text) : NULL;
  if (!rest)
    return text != NULL;
  p2v_set_error (error, P2V_ERROR_CONVERT,
                 "Run update-grub in the guest, check that it starts, and convert again.",
                 "GRUB's configuration does not start the guest. %s", rest);
  return FALSE;
}

/* With the initial RAM disk, which takes longer; without KVM this saves a quarter of a minute.
 * What is listed are the names in /boot, and so an initial RAM disk that is not there yet
 * has to come first.  If it does not succeed, step_grub does it once more. */
gboolean
step_grub_begin (Convert *c, GError **error)
{
  const Kernel *kernel = g_ptr_array_index (c->kernels, 0);
  if (!c->grub_stale || !convert_exists (c, CONFIG) || !convert_exists (c, kernel->initrd))
    return TRUE;
  struct guestfs_statns *prober = guestfs_statns (c->g, OS_PROBER);
  if (prober)
    c->beside = g_strdup_printf ("(chmod 0644 " OS_PROBER "; LC_ALL=C grub-mkconfig -o " CONFIG
                                 "; s=$?; chmod %#o " OS_PROBER "; exit $s)",
                                 (guint)(prober->st_mode & 07777));
  else
    c->beside = g_strdup ("LC_ALL=C grub-mkconfig -o " CONFIG);
  guestfs_free_statns (prober);
  return convert_keep_original (c, CONFIG, error);
}

gboolean
step_grub (Convert *c, GError **error)
{
  g_autofree char *text = convert_read (c, CONFIG, error);
  if (!text)
    return FALSE;
  if (*text) {
    g_autofree char *problem = find_problem (c, text);
    if (problem)
      convert_note (c, "%s: %s", CONFIG, problem);
    return c->grub_stale || problem ? renew_grub2 (c, text, error) : TRUE;
  }
  g_autofree char *menu = convert_read (c, MENU_LST, error);
  if (!menu)
    return FALSE;
  if (*menu)
    return edit_conservatively (c, MENU_LST, menu, error);
  report_warning (c->job->report,
                  "The guest has neither %s nor %s; its boot loader was left as it "
                  "is, and may not start the virtual machine.",
                  CONFIG, MENU_LST);
  return TRUE;
}
