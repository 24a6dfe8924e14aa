/* SPDX-License-Identifier: GPL-2.0-or-later */
/* p2v.o=local: images and a libvirt domain XML in a directory (p2v.os). */
#include "../uuid.h"
#include "files.h"

/* virt-p2v's default, so that what boots it by PXE goes on working. */
#define DEFAULT_DIRECTORY "/var/tmp"

static gboolean
local_locate (Target *target, Job *job, GError **error G_GNUC_UNUSED)
{
  gboolean given = target->storage && *target->storage;
  if (!target->files)
    target->files = target_files_new (job, given ? target->storage : DEFAULT_DIRECTORY);
  return TRUE;
}

static gboolean
local_check (Target *target, Job *job, GError **error)
{
  local_locate (target, job, NULL);
  if (!target->uuid)
    target->uuid = guest_uuid (job->machine->uuid);
  g_autofree char *swtpm = g_find_program_in_path ("swtpm");
  target->tpm = swtpm != NULL;
  return target_files_check (target->files, job, error);
}

static void
local_abandon (Target *target, Job *job)
{
  local_locate (target, job, NULL);
  target_files_abandon (target->files);
}

const TargetOps target_local = {
    .name = "local",
    .words = "images and a libvirt domain XML in a directory",
    .locate = local_locate,
    .check = local_check,
    .check_space = target_files_op_space,
    .describe = target_files_op_describe,
    .prepare_disk = target_files_op_prepare,
    .write_metadata = target_files_op_write,
    .abandon = local_abandon,
};
