/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of a job, in their order, each in the file of its name.  The
 * table in phases.c is the architecture; the driver runs it from top to bottom and, when a
 * phase fails, the undo functions from there upwards. */
#pragma once
#include "job.h"

typedef gboolean (*PhaseRun) (Job *job, GError **error);
/* Never fails; what it cannot remove it logs. */
typedef void (*PhaseUndo) (Job *job);

/* Places in the table. */
typedef enum {
  PHASE_PREFLIGHT,
  PHASE_OVERLAY,
  PHASE_INSPECT,
  PHASE_CONVERT,
  PHASE_TRIM,
  PHASE_PLAN,
  PHASE_COPY,
  PHASE_VERIFY,
  PHASE_FINISH,
  N_PHASES
} PhaseIndex;

typedef struct {
  const char *name;
  const char *words; /* what a person reads while it runs */
  PhaseRun run;
  PhaseUndo undo;   /* may be NULL */
  PhaseIndex again; /* where a job goes on that came to a halt in this one, after preflight and
                       overlay, which make anew what lived in memory only: a half-made overlay
                       is dropped and the conversion begins again, a half-made copy is kept */
} Phase;

extern const Phase phases[N_PHASES];

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

typedef enum {
  PHASES_DONE,
  PHASES_FAILED, /* and undone */
  PHASES_HALTED, /* what is on storage is kept, phases_run goes on with it */
} PhasesResult;

/* Runs the table, or what is left of it (job->again).  ERROR says why it failed or came to
 * a halt: the latter for what somebody can put right (no space, a storage or a disk that does
 * not read or write), once it is worth it, and when the job was told to (job_halt). */
PhasesResult phases_run (Job *job, GError **error);
