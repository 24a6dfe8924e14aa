/* SPDX-License-Identifier: GPL-2.0-or-later */
/* p2v.o=local: images and a libvirt domain XML in a directory (p2v.os). */
#include "../uuid.h"
#include "files.h"

static gboolean
need_storage (const Target *target, GError **error)
{
  if (target->storage && *target->storage)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_TARGET,
                 "Add p2v.os=DIRECTORY, a directory on the conversion server.",
                 "The target local needs to know where to.");
  return FALSE;
}

static gboolean
local_check (Target *target, Job *job, GError **error)
{
  if (!need_storage (target, error))
    return FALSE;
  if (!target->files)
    target->files = target_files_new (job, target->storage);
  if (!target->uuid)
    target->uuid = guest_uuid (job->machine->uuid);
  g_autofree char *swtpm = g_find_program_in_path ("swtpm");
  target->tpm = swtpm != NULL;
  return target_files_check (target->files, job, error);
}

static void
local_abandon (Target *target, Job *job)
{
  if (!target->files && target->storage && *target->storage)
    target->files = target_files_new (job, target->storage);
  if (target->files)
    target_files_abandon (target->files);
}

const TargetOps target_local = {
    .name = "local",
    .words = "images and a libvirt domain XML in a directory",
    .check = local_check,
    .check_space = target_files_op_space,
    .prepare_disk = target_files_op_prepare,
    .write_metadata = target_files_op_write,
    .abandon = local_abandon,
};
