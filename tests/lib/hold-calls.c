/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To be preloaded into a program: while the file $HOLD exists, whichever of its threads lists
 * devices, asks for the list of drivers or waits for the disk gets no further.  So a test is
 * slow for as long as it needs. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_US   50000
#define TICKS_MAX 1200 /* a minute: nothing is to hang when a test fails */

struct udev_enumerate;
int udev_enumerate_scan_devices (struct udev_enumerate *list);

static char file[PATH_MAX];

__attribute__ ((constructor)) static void
read_hold (void)
{
  const char *hold = getenv ("HOLD");
  unsetenv ("LD_PRELOAD"); /* not for its children */
  snprintf (file, sizeof file, "%s", hold ? hold : "");
}

static void
wait_for_end (void)
{
  for (int i = 0; i < TICKS_MAX && access (file, F_OK) == 0; i++)
    usleep (TICK_US);
}

int
udev_enumerate_scan_devices (struct udev_enumerate *list)
{
  int (*next) (struct udev_enumerate *) = dlsym (RTLD_NEXT, "udev_enumerate_scan_devices");
  wait_for_end ();
  return next (list);
}

int
fsync (int fd)
{
  int (*next) (int) = dlsym (RTLD_NEXT, "fsync");
  wait_for_end ();
  return next (fd);
}

/* Which drivers there are. */
int
access (const char *path, int mode)
{
  int (*next) (const char *, int) = dlsym (RTLD_NEXT, "access");
  size_t length = strlen (path), end = strlen ("/modules.alias");
  if (length >= end && strcmp (path + length - end, "/modules.alias") == 0)
    wait_for_end ();
  return next (path, mode);
}
