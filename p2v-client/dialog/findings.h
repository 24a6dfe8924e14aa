/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What page "Check and start" has to say: one line for each thing that was looked at. */
#pragma once
#include "mark.h"
#include "shared.h"

typedef struct {
  NoticeKind kind; /* GOOD, WARNING or ERROR */
  char *text;
  char *remedy; /* may be NULL */
} Finding;

/* Finding *, in the order in which they are to be read.  MACHINE, CONTENTS (an array of
 * ContentsPart for each of its disks) and NOTES (HardwareNote *) may be NULL after an ERROR;
 * SYSTEMS (FoundSystem *): NULL when they could not be looked for; FAILURE: why the way to the
 * server is not free, or NULL.  Caller unrefs. */
GPtrArray *findings_make (const Settings *settings, const P2vMachine *machine, GPtrArray *contents,
                          GPtrArray *notes, GPtrArray *systems, const Probe *probe,
                          const GError *failure);
