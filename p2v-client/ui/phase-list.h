/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases in a grid: what is done, what runs, what is still to come, and how long
 * each took. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/shared.h"

typedef struct PhaseList PhaseList;

/* Fills GRID (borrowed), which has to outlive it. */
PhaseList *phase_list_new (GtkGrid *grid);
void phase_list_free (PhaseList *list);

/* PHASE begins, the one before it is done. */
void phase_list_begin (PhaseList *list, const char *phase);
/* The last one is over. */
void phase_list_end (PhaseList *list, gboolean good);
/* Brings the time of the running phase up to date. */
void phase_list_tick (PhaseList *list);
