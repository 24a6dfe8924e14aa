/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of a job, in their order, each in the file of its name.  The
 * table in phases.c is the architecture; the driver runs it from top to bottom and, when a
 * phase fails, the undo functions from there upwards. */
#pragma once
#include "job.h"

typedef gboolean (*PhaseRun) (Job *job, GError **error);
/* Never fails; what it cannot remove it logs. */
typedef void (*PhaseUndo) (Job *job);

typedef struct {
  const char *name;
  const char *words; /* what a person reads while it runs */
  PhaseRun run;
  PhaseUndo undo; /* may be NULL */
} Phase;

extern const Phase phases[];
extern const guint n_phases;

gboolean phase_preflight (Job *job, GError **error); /* target usable, job directory has room */
void undo_preflight (Job *job);
gboolean phase_overlay (Job *job,
                        GError **error); /* brokers up, client's channels here, qcow2 made */
void undo_overlay (Job *job);
gboolean phase_inspect (Job *job, GError **error); /* appliance up; guest known; room checked */
void undo_inspect (Job *job);                      /* closes the appliance */
gboolean phase_convert (Job *job, GError **error);
gboolean phase_trim (Job *job, GError **error); /* dead space discarded; appliance closed */
gboolean phase_plan (Job *job, GError **error); /* block maps written */
gboolean phase_copy (Job *job, GError **error);
void undo_copy (Job *job); /* removes half-made target disks */
gboolean phase_verify (Job *job, GError **error);
gboolean phase_finish (Job *job, GError **error); /* metadata, registration, final names */
void undo_finish (Job *job);

/* Checks, once the guest is known, that target and job directory have room for
 * what will be copied and for cache and overlay.  Called by phase_inspect at its end.
 * P2V_ERROR_SPACE. */
gboolean preflight_space (Job *job, GError **error);

/* Runs the table. */
gboolean phases_run (Job *job, GError **error);
