/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reading.h"
#include "contents.h"
#include "work.h"

typedef struct {
  Work work;
  Settings *settings;
  ReadingDone done;
  Reading reading;
  GError *error;
} Task;

static void
run (Work *work, GCancellable *cancel G_GNUC_UNUSED)
{
  Task *task = (Task *)work;
  Reading *reading = &task->reading;
  reading->all = inventory_read_all (task->settings, &task->error);
  if (reading->all)
    reading->chosen = inventory_read (task->settings, &task->error);
  reading->contents = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; reading->all && reading->chosen && i < reading->all->disks->len; i++)
    g_ptr_array_add (reading->contents, contents_read (g_ptr_array_index (reading->all->disks, i)));
}

static void
finish (Work *work, gpointer owner)
{
  Task *task = (Task *)work;
  task->done (&task->reading, task->error, owner);
}

static void
task_free (Work *work)
{
  Task *task = (Task *)work;
  settings_free (task->settings);
  p2v_machine_free (task->reading.all);
  p2v_machine_free (task->reading.chosen);
  g_clear_pointer (&task->reading.contents, g_ptr_array_unref);
  g_clear_error (&task->error);
  g_free (task);
}

GCancellable *
reading_start (const Settings *settings, ReadingDone done, GObject *owner)
{
  Task *task = g_new0 (Task, 1);
  task->work = (Work){run, finish, task_free};
  task->settings = settings_copy (settings);
  task->done = done;
  return work_start (&task->work, owner);
}
