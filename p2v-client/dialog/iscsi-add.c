/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iscsi-add.h"
#include "common/text.h"
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

static gboolean
are_right (const char *portal, const char *initiator, const char *name, GError **error)
{
  const IscsiTyped typed = {
      .portal = *portal ? portal : "192.0.2.7", /* any that is right */
      .initiator = initiator,
      .name = name,
      .user = "",
      .password = "",
      .in_user = "",
      .in_password = "",
  };
  g_autoptr (IscsiTarget) target = iscsi_read_typed (&typed, error);
  return target != NULL;
}

gboolean
iscsi_check_names (const char *portal, const char *initiator, const char *name, GError **error)
{
  g_autoptr (GError) whole = NULL;
  if (are_right (portal, initiator, name, &whole))
    return TRUE;
  g_autofree char *portal_shown = p2v_text_brief (portal);
  g_autofree char *initiator_shown = p2v_text_brief (initiator);
  g_autofree char *name_shown = p2v_text_brief (name);
  if (are_right (portal_shown, initiator_shown, name_shown, error))
    g_propagate_error (error, g_steal_pointer (&whole));
  return FALSE;
}
