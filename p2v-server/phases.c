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

/* A reader above the broker only hears EIO: the broker knows what it means. */
static void
explain (Job *job, GError **cause)
{
  if (!job_check_cancelled (job, NULL)) {
    g_clear_error (cause);
    job_check_cancelled (job, cause);
    return;
  }
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_autoptr (GError) better = NULL;
    if (!disk->broker || !broker_failed (disk->broker, &better))
      continue;
    g_autofree char *sentence = p2v_error_sentence (*cause);
    p2v_warning ("%s", sentence);
    g_clear_error (cause);
    *cause = g_steal_pointer (&better);
    return;
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
