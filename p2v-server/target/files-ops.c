/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"
#include "files-name.h"

gboolean
target_files_op_space (Target *target, Job *job G_GNUC_UNUSED, guint64 bytes, GError **error)
{
  return target_files_space (target->files, bytes, error);
}

char *
target_files_op_prepare (Target *target, Job *job, JobDisk *disk, GError **error)
{
  return g_strdup (
      target_files_prepare (target->files, job, disk, target->format, target->preallocated, error));
}

gboolean
target_files_op_describe (Target *target, Job *job, GError **error)
{
  g_autofree char *path = job_path (job, "guest.xml");
  g_clear_pointer (&target->definition, g_free);
  target->definition = domain_xml (job, error);
  return target->definition && files_write_xml (path, target->definition, error) &&
         files_validate_xml (path, job->cancel, error);
}

gboolean
target_files_op_write (Target *target, Job *job, GError **error)
{
  if (!target->definition && !target->ops->describe (target, job, error))
    return FALSE;
  return target_files_publish (target->files, job, target->definition, error);
}
