/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker.h"
#include "inspect.h"
#include "no-os.h"
#include "phases.h"
#include "unlock.h"

/* What is blank needs no search for an operating system, and the answer to it is another one. */
static gboolean
check_not_blank (Guest *guest, GError **error)
{
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    if (volume->type)
      return TRUE;
  }
  g_auto (GStrv) partitions = guestfs_list_partitions (guest->g);
  no_os_error (guest, NULL, guest->job->disks->len, partitions && *partitions, error);
  return FALSE;
}

static gboolean
look (Job *job, gboolean *anew, GError **error)
{
  job_log (job, P2V_LOG_INFO, "Starting the appliance with the guest's disks");
  job->guest = guest_open (job, error);
  if (!job->guest)
    return FALSE;
  if (!volumes_load (job->guest, error) || !unlock_volumes (job->guest, error) ||
      !check_not_blank (job->guest, error) || !job_check_cancelled (job, error))
    return FALSE;
  broker_expect (job, TRUE);
  if (!inspect_usage (job->guest, error) || !job_check_cancelled (job, error))
    return FALSE;
  broker_expect (job, FALSE); /* libguestfs probes everything once more */
  return inspect_os (job->guest, anew, error);
}

/* What a person unlocks late is looked at by a new appliance, which opens it first of all: a
 * second search for operating systems in the same one was seen to stand still for ever. */
gboolean
phase_inspect (Job *job, GError **error)
{
  gboolean anew;
  do {
    if ((job->guest && !guest_close (g_steal_pointer (&job->guest), error)) ||
        !look (job, &anew, error))
      return FALSE;
  } while (anew);
  broker_expect (job, TRUE);
  return inspect_boot (job->guest, error) && inspect_room (job->guest, error) &&
         preflight_space (job, error);
}

void
undo_inspect (Job *job)
{
  g_clear_pointer (&job->guest, guest_abandon);
}
