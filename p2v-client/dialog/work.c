/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "work.h"

static guint running;

static void
run (GTask *task, gpointer owner G_GNUC_UNUSED, gpointer data, GCancellable *cancel)
{
  Work *work = data;
  work->run (work, cancel);
  g_task_return_boolean (task, TRUE);
}

static void
finish (GObject *owner, GAsyncResult *result, gpointer data G_GNUC_UNUSED)
{
  GTask *task = G_TASK (result);
  Work *work = g_task_get_task_data (task);
  if (!g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    work->done (work, owner);
  work->free (work);
  running--;
}

GCancellable *
work_start (Work *work, GObject *owner)
{
  GCancellable *cancel = g_cancellable_new ();
  g_autoptr (GTask) task = g_task_new (owner, cancel, finish, NULL);
  g_task_set_task_data (task, work, NULL);
  running++;
  g_task_run_in_thread (task, run);
  return cancel;
}

void
work_wait_all (void)
{
  while (running > 0)
    (void)g_main_context_iteration (NULL, TRUE);
}

void
work_cancel (GCancellable **cancel)
{
  if (*cancel)
    g_cancellable_cancel (*cancel);
  g_clear_object (cancel);
}
