/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "common/error.h"

gboolean
terminal_show (int number, GError **error)
{
  int fd = open ("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
  gboolean ok = fd >= 0 && ioctl (fd, VT_ACTIVATE, number) == 0;
  int saved = errno;
  if (fd >= 0)
    close (fd);
  if (!ok)
    p2v_set_error (error, P2V_ERROR_IO, NULL, "Terminal %d cannot be shown: %s.", number,
                   g_strerror (saved));
  return ok;
}
