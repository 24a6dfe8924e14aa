/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a job, for job.c, the job's process and the driver of the phases. */
#pragma once
#include "control.h"
#include "job.h"
#include "phases.h"
#include "state.h"

struct JobState {
  GMutex lock; /* what is below but CHANNEL */
  State *record;
  gint64 progress_sent;
  JobProgress progress; /* what RECORD has of it, and the rest */
  guint64 copy_bytes; /* what the copy will be about, as far as it was known when the phase began */
  GError *fatal;      /* why the job has to fail, from outside of its phases */
  gboolean forward;   /* a phase runs; FALSE: undoing, or over */
  gboolean halting;   /* it is to come to a halt, */
  GError *reason;     /* for this; may be NULL */
  Channel *channel;   /* NULL in a process that only cleans up */
};

/* The job in DIR from its job.json, as it is before the first phase.  Caller frees. */
Job *job_load (const char *dir, GError **error);

/* The same from the message START (or one with its "settings" and "machine"), whether
 * DIR exists or not: nothing is read or written. */
Job *job_imagine (const char *dir, JsonObject *start, GError **error);
void job_free (Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

/* Writes state.json; what goes wrong is logged. */
void job_save (Job *job);

/* Sets status and the words with it (may be NULL) and saves. */
void job_set_status (Job *job, const char *status, const char *message, const char *remedy);

/* A phase begins, or the way back begins. */
void job_enter_phase (Job *job, PhaseIndex index);
void job_leave_phases (Job *job);

/* Makes the phase that runs fail so that phases_run comes to a halt, with REASON (copied,
 * may be NULL) as its error; and, once it has, makes the job ready to run on. */
void job_halt (Job *job, const GError *reason);
gboolean job_is_halting (Job *job, GError **reason);
void job_renew (Job *job);

/* Where it goes on, also in another process. */
void job_set_again (Job *job, PhaseIndex index);

/* The guest is finished under its final names: whatever comes, only the end is missing. */
void job_set_complete (Job *job);

/* Adds the messages that tell a client where the job stands: phase and progress. */
void job_add_standing (Job *job, GPtrArray *messages);

gboolean job_is_forward (Job *job);

/* The job ends as failed because of ERROR (copied; the first one counts). */
void job_abort (Job *job, const GError *error);

/* Undoes everything that a job did in whatever process, from the last phase
 * up to the first. */
void phases_undo_all (Job *job);
