/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "phases.h"
#include "broker.h"
#include "job-state.h"
#include "overlay.h"
#include "resume.h"
#include "target/target.h"

/* The architecture of a conversion. */
const Phase phases[N_PHASES] = {
    {"preflight", "Checking the target and the room for the job", phase_preflight, undo_preflight,
     PHASE_INSPECT},
    {"overlay", "Connecting the disks of the physical machine", phase_overlay, undo_overlay,
     PHASE_INSPECT},
    {"inspect", "Looking at the operating system", phase_inspect, undo_inspect, PHASE_INSPECT},
    {"convert", "Converting the guest", phase_convert, NULL, PHASE_INSPECT},
    {"trim", "Finding out what need not be copied", phase_trim, NULL, PHASE_INSPECT},
    {"plan", "Planning the copy", phase_plan, NULL, PHASE_PLAN},
    {"copy", "Copying", phase_copy, undo_copy, PHASE_COPY},
    {"verify", "Comparing the copy with the source", phase_verify, NULL, PHASE_VERIFY},
    {"finish", "Writing the guest's definition", phase_finish, undo_finish, PHASE_FINISH},
};

/* A conversion that was given wrong bytes is made again so many times. */
#define CONVERSIONS_MAX 3

static void
undo_from (Job *job, guint index)
{
  for (guint i = index + 1; i-- > 0;) {
    if (!phases[i].undo)
      continue;
    p2v_debug ("undoing %s", phases[i].name);
    phases[i].undo (job);
  }
}

void
phases_undo_all (Job *job)
{
  undo_from (job, N_PHASES - 1);
}

/* What the broker of a disk knows about a read that failed; NULL when none did. */
static GError *
find_read_failure (Job *job)
{
  GError *failure = NULL;
  for (guint i = 0; !failure && i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    if (disk->broker)
      broker_failed (disk->broker, &failure);
  }
  return failure;
}

/* A reader above the broker only hears EIO: the broker knows what it means.  A
 * cache that cannot be written fails everything; but after a bad sector, whoever reads through the
 * appliance may have failed for another reason, so that its own words stay; and what reads nothing
 * has nothing to do with either. */
static void
explain (Job *job, GError **cause)
{
  if (!job_check_cancelled (job, NULL)) {
    g_clear_error (cause);
    job_check_cancelled (job, cause);
    return;
  }
  g_autoptr (GError) failure = find_read_failure (job);
  if (!failure || (*cause)->domain != P2V_ERROR)
    return;
  g_autofree char *sentence = p2v_error_sentence (*cause);
  P2vErrorCode code = (P2vErrorCode)(*cause)->code;
  gboolean reads = code == P2V_ERROR_IO || code == P2V_ERROR_DISK;
  gboolean may_read = code == P2V_ERROR_NO_OS || code == P2V_ERROR_GUEST ||
                      code == P2V_ERROR_CONVERT || code == P2V_ERROR_INTERNAL;
  gboolean lasts = !g_error_matches (failure, P2V_ERROR, P2V_ERROR_DISK);
  if (reads || (may_read && lasts)) {
    p2v_warning ("%s", sentence);
    g_clear_error (cause);
    *cause = g_steal_pointer (&failure);
  } else if (may_read) {
    g_autofree char *problem = p2v_error_problem (*cause);
    g_autofree char *remedy = p2v_error_sentence (failure);
    g_clear_error (cause);
    p2v_set_error (cause, code, remedy, "%s", problem);
  }
}

/* The phase did well without some bytes of the source; a later failure is not to
 * be blamed on them. */
static void
forget_read_failures (Job *job)
{
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autoptr (GError) failure = NULL;
    if (!disk->broker || !broker_failed (disk->broker, &failure) ||
        !g_error_matches (failure, P2V_ERROR, P2V_ERROR_DISK))
      continue;
    g_autofree char *problem = p2v_error_problem (failure);
    report_warning (job->report, "%s  Nothing that was needed so far lies there.", problem);
    broker_forget_failure (disk->broker);
  }
}

/* Nothing that is read now matters any more, and nobody is to wait for it. */
static void
fail_brokers (Job *job)
{
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    if (disk->broker)
      broker_fail (disk->broker);
  }
}

static gboolean
run_phase (Job *job, PhaseIndex index, GError **error)
{
  if (!job_check_cancelled (job, error))
    return FALSE;
  /* From here on the conversion is not made again: what is known must outlive the process. */
  if (index >= PHASE_PLAN && !resume_save (job, error))
    return FALSE;
  if (index > PHASE_OVERLAY)
    job->again = phases[index].again;
  job_enter_phase (job, index);
  gint64 start = g_get_monotonic_time ();
  gboolean ok = phases[index].run (job, error);
  report_phase (job->report, phases[index].name,
                (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  if (ok)
    forget_read_failures (job);
  return ok;
}

/* Can somebody put it right, and has enough been done for that to be better than to begin
 * anew?  A disk that cannot be read stays so: how to go on without is said then. */
static gboolean
is_worth_a_halt (const Job *job, PhaseIndex index, const GError *error)
{
  if (error->domain != P2V_ERROR)
    return FALSE;
  switch (error->code) {
  case P2V_ERROR_DISK:
    return index >= PHASE_INSPECT;
  case P2V_ERROR_SPACE:
  case P2V_ERROR_IO:
    return index >= PHASE_PLAN;
  case P2V_ERROR_LINK:
    return index >= PHASE_OVERLAY;
  case P2V_ERROR_SETTINGS: /* a passphrase */
    return index >= PHASE_INSPECT;
  case P2V_ERROR_NO_OS: /* that was found before: another run of the client lacks a passphrase */
    return job->state->record->furthest >= PHASE_COPY;
  default:
    return FALSE;
  }
}

/* Ends what lives in memory: appliance, brokers, target. */
static void
halt (Job *job)
{
  fail_brokers (job);
  undo_inspect (job);
  overlay_disconnect (job);
  g_clear_pointer (&job->target, target_free);
}

static gboolean
run_table (Job *job, PhaseIndex *index, GError **error)
{
  for (*index = PHASE_PREFLIGHT; *index < N_PHASES; ++*index)
    if ((*index <= PHASE_OVERLAY || *index >= job->again) && !run_phase (job, *index, error))
      return FALSE;
  return TRUE;
}

PhasesResult
phases_run (Job *job, GError **error)
{
  for (guint conversions = 1;; conversions++) {
    PhaseIndex index;
    if (job->again <= PHASE_INSPECT)
      g_clear_pointer (&job->info, guest_info_free);
    g_autoptr (GError) cause = NULL;
    if (run_table (job, &index, &cause)) {
      job_leave_phases (job);
      undo_overlay (job); /* brokers and overlays have served */
      return PHASES_DONE;
    }
    if (job->misled && conversions < CONVERSIONS_MAX && job_check_cancelled (job, NULL)) {
      g_autofree char *problem = p2v_error_problem (cause);
      halt (job);
      report_reset (job->report);
      report_warning (job->report, "%s  It was read and converted again.", problem);
      job->misled = FALSE;
      job->again = PHASE_INSPECT;
      continue;
    }
    explain (job, &cause);
    job_leave_phases (job);
    gboolean halted = job_is_halting (job, &cause) || is_worth_a_halt (job, index, cause);
    if (halted) {
      halt (job);
    } else {
      fail_brokers (job);
      undo_from (job, index);
    }
    g_propagate_error (error, g_steal_pointer (&cause));
    return halted ? PHASES_HALTED : PHASES_FAILED;
  }
}
