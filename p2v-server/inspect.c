/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect.h"
#include "phases.h"
#include "volumes.h"

/* Two different answers to "there is no guest": nothing at all on the disks,
 * and something that is no operating system (inspect_os). */
static gboolean
check_not_blank (Guest *guest, GError **error)
{
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    if (volume->type)
      return TRUE;
  }
  g_auto (GStrv) partitions = guestfs_list_partitions (guest->g);
  if (partitions && *partitions) {
    p2v_set_error (error, P2V_ERROR_NO_OS,
                   "Check that the right disks are chosen (p2v.disks=); if they are encrypted, "
                   "they cannot be converted.",
                   "The disk has partitions, but no file system was found in them.");
    return FALSE;
  }
  p2v_set_error (error, P2V_ERROR_NO_OS,
                 "Choose the disks that hold the operating system (p2v.disks=), and check that no "
                 "RAID controller hides them.",
                 guest->job->disks->len == 1
                     ? "The disk is blank: no partition table and no file system was found on it."
                     : "The disks are blank: no partition table and no file system was found on "
                       "any of them.");
  return FALSE;
}

gboolean
phase_inspect (Job *job, GError **error)
{
  job_log (job, P2V_LOG_INFO, "Starting the appliance with the guest's disks");
  job->guest = guest_open (job, error);
  if (!job->guest)
    return FALSE;
  return volumes_load (job->guest, error) && check_not_blank (job->guest, error) &&
         job_check_cancelled (job, error) && inspect_usage (job->guest, error) &&
         job_check_cancelled (job, error) && inspect_os (job->guest, error) &&
         inspect_boot (job->guest, error) && inspect_room (job->guest, error) &&
         preflight_space (job, error);
}

void
undo_inspect (Job *job)
{
  g_clear_pointer (&job->guest, guest_abandon);
}
