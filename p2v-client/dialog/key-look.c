/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "key-look.h"

typedef struct {
  Work work;
  KeyLookDone done;
  GPtrArray *keys;
  GError *failure;
} KeyLook;

static void
run (Work *work, GCancellable *cancel G_GNUC_UNUSED)
{
  KeyLook *look = (KeyLook *)work;
  look->keys = stick_keys_find (&look->failure);
}

static void
done (Work *work, gpointer owner)
{
  KeyLook *look = (KeyLook *)work;
  look->done (g_steal_pointer (&look->keys), look->failure, owner);
}

static void
look_free (Work *work)
{
  KeyLook *look = (KeyLook *)work;
  g_clear_pointer (&look->keys, g_ptr_array_unref);
  g_clear_error (&look->failure);
  g_free (look);
}

GCancellable *
key_look_start (KeyLookDone done_cb, GObject *owner)
{
  KeyLook *look = g_new0 (KeyLook, 1);
  look->work = (Work){run, done, look_free};
  look->done = done_cb;
  return work_start (&look->work, owner);
}
