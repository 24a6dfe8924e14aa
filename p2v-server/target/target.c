/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"
#include <unistd.h>
#include "files.h"

static const TargetOps *const kinds[] = {&target_local, &target_libvirt, NULL};

const TargetOps *const *
target_kinds (void)
{
  return kinds;
}

static const TargetOps *
find_kind (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; kinds[i]; i++) {
    if (g_str_equal (kinds[i]->name, name))
      return kinds[i];
    g_string_append_printf (names, "%sp2v.o=%s (%s)", i ? ", " : "", kinds[i]->name,
                            kinds[i]->words);
  }
  g_autofree char *remedy = g_strdup_printf ("This server knows %s.", names->str);
  p2v_set_error (error, P2V_ERROR_TARGET, remedy, "There is no kind of target \"%s\".", name);
  return NULL;
}

/* One of two words, or NULL with an error. */
static const char *
choose (const Job *job, const char *setting, const char *argument, const char *first,
        const char *second, GError **error)
{
  const char *value = job_setting (job, setting, first);
  if (g_str_equal (value, first) || g_str_equal (value, second))
    return value;
  g_autofree char *remedy =
      g_strdup_printf ("Use %s=%s or %s=%s.", argument, first, argument, second);
  p2v_set_error (error, P2V_ERROR_TARGET, remedy, "%s=%s is not supported.", argument, value);
  return NULL;
}

Target *
target_new (Job *job, GError **error)
{
  const TargetOps *ops = find_kind (job_setting (job, "output.type", "local"), error);
  if (!ops)
    return NULL;
  const char *format = choose (job, "output.format", "p2v.of", "qcow2", "raw", error);
  if (!format)
    return NULL;
  /* virt-p2v's third word, "none", means sparse as well. */
  const char *allocation = job_setting (job, "output.allocation", "sparse");
  if (!g_str_equal (allocation, "none")) {
    allocation = choose (job, "output.allocation", "p2v.oa", "sparse", "preallocated", error);
    if (!allocation)
      return NULL;
  }
  Target *target = g_new0 (Target, 1);
  target->ops = ops;
  target->storage = g_strdup (job_setting (job, "output.storage", NULL));
  target->format = g_strdup (format);
  target->preallocated = g_str_equal (allocation, "preallocated");
  target->domain_type = "kvm";
  return target;
}

void
target_free (Target *target)
{
  if (!target)
    return;
  target_files_free (target->files);
  if (target->data_free)
    target->data_free (target->data);
  g_free (target->definition);
  g_free (target->uuid);
  g_free (target->format);
  g_free (target->storage);
  g_free (target);
}

const char *
target_temporary (Target *target, const JobDisk *disk)
{
  return target->files ? target_files_temporary (target->files, disk) : NULL;
}

void
target_commit (Target *target)
{
  if (target->files)
    target_files_commit (target->files);
}

void
target_settle (Job *job)
{
  g_autoptr (GError) error = NULL;
  job->target = target_new (job, &error);
  if (job->target && job->target->ops->locate (job->target, job, &error)) {
    target_commit (job->target);
    return;
  }
  g_autofree char *sentence = p2v_error_sentence (error);
  p2v_warning ("The reservation of the guest's name stays: %s", sentence);
}

const char *
target_connection (const Job *job)
{
  const char *given = job_setting (job, "output.connection", NULL);
  if (given && *given)
    return given;
  return geteuid () == 0 ? "qemu:///system" : "qemu:///session";
}
