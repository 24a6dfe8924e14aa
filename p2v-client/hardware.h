/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with this machine and ought to be known before its disks are copied. */
#pragma once
#include "common/machine.h"

typedef struct {
  char *text;   /* a sentence */
  char *remedy; /* another, or NULL */
} HardwareNote;

/* HardwareNote *: controllers and cards without a driver (devices.h). */
GPtrArray *hardware_drivers (void);

/* The same as one text, a line each, and *REMEDY for the first; NULL when there are none
 * (caller frees both). */
char *hardware_drivers_text (char **remedy);

/* HardwareNote *: disks of MACHINE that fail or have sectors which cannot be read (smart.h),
 * RAIDs that run without some of their disks, or of a firmware and not put together.  Takes
 * seconds (smartctl). */
GPtrArray *hardware_disks (const P2vMachine *machine);
