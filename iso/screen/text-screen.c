/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-screen CONSOLE: lets the kernel draw text again, on the console that is shown, after an
 * X server that was killed.
 *
 * Such a server leaves its console in graphics mode.  The next change of consoles finds that out
 * and makes it one of text, but does not tell the frame buffer's driver that the graphics are
 * over, and so that goes on drawing nothing, on any console.  It hears of it when the console
 * that is shown goes from graphics to text: hence there and back. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int
main (int argc, char **argv)
{
  if (argc != 2) {
    (void)fputs ("usage: text-screen CONSOLE\n", stderr);
    return 2;
  }
  int fd = open (argv[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 || ioctl (fd, KDSETMODE, KD_GRAPHICS) != 0 || ioctl (fd, KDSETMODE, KD_TEXT) != 0) {
    (void)fprintf (stderr, "text-screen: %s: %s\n", argv[1], strerror (errno));
    return 1;
  }
  return 0;
}
