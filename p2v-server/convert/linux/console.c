/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A serial console: "virsh console" and every log of the host need one.  The
 * display stays the last console, which is /dev/console: boot messages,
 * passphrase prompts and the emergency shell appear where they always did on
 * this machine; kernel messages and a login prompt appear on both.  A machine
 * that had a serial console keeps its own order, on the port that exists. */
#include <string.h>
#include "convert.h"
#include "kernel-args.h"

#define DEFAULTS "/etc/default/grub"
#define DROP_IN  "/etc/default/grub.d/zz-p2v-console.cfg"

static const char drop_in[] =
    "# Written by p2v: kernel messages and a login prompt on the serial port.\n"
    "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX console=ttyS0,115200 console=tty0\"\n";

/* Moves consoles to the first port; *found when there is one then. */
static gboolean
move_consoles (Convert *c, const char *pattern, gboolean *found, GError **error)
{
  g_auto (GStrv) files = convert_glob (c, pattern);
  for (guint i = 0; files[i]; i++) {
    g_autofree char *text = convert_read (c, files[i], error);
    if (!text)
      return FALSE;
    g_autofree char *new = kernel_args_move_consoles (text);
    *found |= kernel_args_has_serial (new ? new : text);
    if (!new)
      continue;
    if (!convert_write (c, files[i], new, 0644, error))
      return FALSE;
    convert_changed (c, files[i], "The serial console is now the first serial port, ttyS0.",
                     "The port used before does not exist in the virtual machine.");
    c->grub_stale = TRUE;
  }
  return TRUE;
}

/* Login prompts asked for explicitly on ports that do not exist would fail
 * again and again.  On ttyS0 systemd starts one by itself, by the kernel's console=. */
static gboolean
drop_gettys (Convert *c, GError **error)
{
  g_auto (GStrv) units =
      convert_glob (c, "/etc/systemd/system/getty.target.wants/serial-getty@ttyS[1-9]*.service");
  for (guint i = 0; units[i]; i++) {
    if (guestfs_rm_f (c->g, units[i]) < 0)
      return convert_failed (c, "A login prompt cannot be removed", error);
    convert_changed (c, units[i], "The login prompt on this serial port was removed.",
                     "The virtual machine has one serial port, ttyS0, with a prompt of its own.");
  }
  return TRUE;
}

/* Before systemd: a line in inittab. */
static gboolean
add_inittab_getty (Convert *c, GError **error)
{
  static const char line[] = "S0:2345:respawn:/sbin/getty -L ttyS0 115200 vt100\n";
  g_autofree char *text = convert_read (c, "/etc/inittab", error);
  if (!text)
    return FALSE;
  if (!*text ||
      g_regex_match_simple ("^[^#\\n]*respawn:.*ttyS0", text, G_REGEX_RAW | G_REGEX_MULTILINE, 0))
    return TRUE;
  g_autofree char *new = g_strconcat (text, g_str_has_suffix (text, "\n") ? "" : "\n", line, NULL);
  if (!convert_write (c, "/etc/inittab", new, 0644, error))
    return FALSE;
  convert_changed (c, "/etc/inittab", "A login prompt runs on the first serial port.",
                   "The host's \"virsh console\" leads there.");
  return TRUE;
}

gboolean
step_console (Convert *c, GError **error)
{
  gboolean found = FALSE, made;
  if (!move_consoles (c, DEFAULTS, &found, error) ||
      !move_consoles (c, "/etc/default/grub.d/*.cfg", &found, error))
    return FALSE;
  if (!(c->systemd ? drop_gettys (c, error) : add_inittab_getty (c, error)))
    return FALSE;
  if (found)
    return TRUE;
  if (!convert_exists (c, DEFAULTS)) {
    report_warning (c->job->report, "The guest has no %s: no serial console was added.", DEFAULTS);
    return TRUE;
  }
  if (!convert_place (c, DROP_IN, drop_in, 0644, &made, error))
    return FALSE;
  convert_changed (c, DROP_IN, "The guest has a console on its serial port, besides the display.",
                   "The host's \"virsh console\" shows it; remove the file and run update-grub to "
                   "be without.");
  c->grub_stale = TRUE;
  return TRUE;
}
