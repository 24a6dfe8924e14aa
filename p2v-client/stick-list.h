/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sticks that are plugged in, for a person who chooses one. */
#pragma once
#include <glib.h>
#include "common/machine.h"

typedef struct {
  char *device; /* "/dev/sdb1", for stick_mount_device */
  char *words;  /* "sdb1  Ultra “KEYS”  14.9 GiB" */
} StickChoice;

/* StickChoice *: FAT file systems that can be pulled out, but for those on the disks of
 * MACHINE (what may be converted is never written to; NULL: none) and on the medium that the
 * image was started from.  Caller unrefs. */
GPtrArray *stick_list (const P2vMachine *machine);

/* The same for reading only: with every file system that can be mounted (stick.h). */
GPtrArray *stick_list_readable (void);
