/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iscsi-add.h"
#include "work.h"

typedef struct {
  Work work;
  char *initiator;
  IscsiTarget *target;
  IscsiAddDone done;
  char **names;
  GError *error;
} Task;

static void
run (Work *work, GCancellable *cancel)
{
  Task *task = (Task *)work;
  if (task->target->name)
    (void)iscsi_connect (task->initiator, task->target, cancel, &task->error);
  else
    task->names = iscsi_discover (task->initiator, task->target, cancel, &task->error);
}

static void
finish (Work *work, gpointer owner)
{
  Task *task = (Task *)work;
  task->done (task->names, task->error, owner);
}

static void
task_free (Work *work)
{
  Task *task = (Task *)work;
  g_free (task->initiator);
  iscsi_target_free (task->target);
  g_strfreev (task->names);
  g_clear_error (&task->error);
  g_free (task);
}

GCancellable *
iscsi_add_start (const char *initiator, IscsiTarget *target, IscsiAddDone done, GObject *owner)
{
  Task *task = g_new0 (Task, 1);
  task->work = (Work){run, finish, task_free};
  task->initiator = g_strdup (initiator);
  task->target = target;
  task->done = done;
  return work_start (&task->work, owner);
}
