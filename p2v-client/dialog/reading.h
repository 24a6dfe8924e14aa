/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is on this machine, read in a thread. */
#pragma once
#include "shared.h"

typedef struct {
  P2vMachine *all;     /* everything that could be converted */
  P2vMachine *chosen;  /* what the settings choose of it */
  GPtrArray *contents; /* for each disk of ALL, an array of ContentsPart */
} Reading;

/* READING is borrowed, but its members may be stolen; ERROR is NULL when all went well. */
typedef void (*ReadingDone) (Reading *reading, const GError *error, gpointer owner);

/* Reads by a copy of SETTINGS. */
GCancellable *reading_start (const Settings *settings, ReadingDone done, GObject *owner);
