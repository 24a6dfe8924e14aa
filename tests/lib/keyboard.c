/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To be preloaded into the dialog in text: its pseudo-terminal passes for a console with a
 * keyboard (ioctl_console(2)). */
#include <linux/kd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__ ((constructor)) static void
keep_from_children (void)
{
  unsetenv ("LD_PRELOAD");
}

int
ioctl (int fd, unsigned long request, ...)
{
  va_list arguments;
  va_start (arguments, request);
  void *argument = va_arg (arguments, void *);
  va_end (arguments);
  if (fd != STDIN_FILENO || request != KDGKBTYPE)
    return (int)syscall (SYS_ioctl, fd, request, argument);
  *(char *)argument = KB_101;
  return 0;
}
