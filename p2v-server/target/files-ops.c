/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

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
target_files_op_write (Target *target, Job *job, GError **error)
{
  g_autofree char *xml = domain_xml (job, error);
  return xml && target_files_publish (target->files, job, xml, error);
}
