/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"
#include "common/error.h"
#include "iscsi.h"
#include "network-args.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NETWORK_DIR "/run/systemd/network"
#define FIRMWARE    "/sys/firmware/ibft"
#define X_CONSOLE   "/dev/tty7" /* iso/gui/usr/lib/p2v/display */

static gboolean
prepare_network (const char *cmdline, GError **error)
{
  g_autoptr (NetworkArgs) args = network_args_parse (cmdline, error);
  if (!args)
    return FALSE;
  if (!args->given)
    network_args_add_firmware (args, FIRMWARE);
  return network_args_write (args, NETWORK_DIR, error);
}

static gboolean
prepare_iscsi (const char *cmdline, GError **error)
{
  g_autoptr (IscsiPlan) plan = iscsi_parse (cmdline, error);
  return plan && iscsi_login (plan, error);
}

/* An X server that was killed has not given its console back, and the kernel draws no text on any
 * console until it is told that the graphics are over. */
static gboolean
prepare_console (GError **error)
{
  int fd = open (X_CONSOLE, O_RDWR | O_NOCTTY | O_CLOEXEC);
  gboolean ok = fd >= 0 && ioctl (fd, KDSETMODE, KD_TEXT) == 0;
  if (!ok)
    p2v_set_error (error, P2V_ERROR_IO, NULL, "%s does not become text again: %s.", X_CONSOLE,
                   g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

gboolean
image_prepare (const char *part, const char *cmdline, GError **error)
{
  if (g_str_equal (part, "network"))
    return prepare_network (cmdline, error);
  if (g_str_equal (part, "iscsi"))
    return prepare_iscsi (cmdline, error);
  if (g_str_equal (part, "console"))
    return prepare_console (error);
  p2v_set_error (error, P2V_ERROR_SETTINGS, NULL, "The image has no part %s.", part);
  return FALSE;
}
