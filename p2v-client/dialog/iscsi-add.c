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

/* Any that are right. */
#define SOME_PORTAL "192.0.2.7"
#define SOME_NAME   "iqn.2001-04.com.example:disk"

static gboolean
are_right (const char *portal, const char *initiator, const char *name, GError **error)
{
  const IscsiTyped typed = {
      .portal = *portal ? portal : SOME_PORTAL,
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
  g_autofree char *portal_shown = p2v_text_brief (portal);
  g_autofree char *initiator_shown = p2v_text_brief (initiator);
  g_autofree char *name_shown = p2v_text_brief (name);
  /* One at a time: what is long and right need not be that when it is cut. */
  if (!are_right (portal, SOME_NAME, "", NULL))
    return are_right (portal_shown, SOME_NAME, "", error) &&
           are_right (portal, SOME_NAME, "", error);
  if (!are_right ("", initiator, "", NULL))
    return are_right ("", initiator_shown, "", error) && are_right ("", initiator, "", error);
  return are_right ("", SOME_NAME, name, NULL) ||
         (are_right ("", SOME_NAME, name_shown, error) && are_right ("", SOME_NAME, name, error));
}
