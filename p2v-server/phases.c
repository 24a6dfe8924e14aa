/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "phases.h"
#include "broker.h"
#include "job-state.h"

/* The architecture of a conversion. */
const Phase phases[] = {
    {"preflight", "Checking the target and the room for the job", phase_preflight, undo_preflight},
    {"overlay", "Connecting the disks of the physical machine", phase_overlay, undo_overlay},
    {"inspect", "Looking at the operating system", phase_inspect, undo_inspect},
    {"convert", "Converting the guest", phase_convert, NULL},
    {"trim", "Finding out what need not be copied", phase_trim, NULL},
    {"plan", "Planning the copy", phase_plan, NULL},
    {"copy", "Copying", phase_copy, undo_copy},
    {"verify", "Comparing the copy with the source", phase_verify, NULL},
    {"finish", "Writing the guest's definition", phase_finish, undo_finish},
};
const guint n_phases = G_N_ELEMENTS (phases);

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
  undo_from (job, n_phases - 1);
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
run_phase (Job *job, guint index, GError **error)
{
  if (!job_check_cancelled (job, error))
    return FALSE;
  job_enter_phase (job, &phases[index], index);
  gint64 start = g_get_monotonic_time ();
  gboolean ok = phases[index].run (job, error);
  report_phase (job->report, phases[index].name,
                (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  if (ok)
    forget_read_failures (job);
  return ok;
}

gboolean
phases_run (Job *job, GError **error)
{
  for (guint i = 0; i < n_phases; i++) {
    g_autoptr (GError) cause = NULL;
    if (run_phase (job, i, &cause))
      continue;
    explain (job, &cause);
    job_leave_phases (job);
    fail_brokers (job);
    undo_from (job, i);
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  job_leave_phases (job);
  undo_overlay (job); /* brokers and overlays have served */
  return TRUE;
}
