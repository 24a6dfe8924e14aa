/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver-look.h"
#include "hardware.h"

typedef struct {
  Work work;
  DriverLookDone done;
  char *text, *remedy;
} DriverLook;

static void
run (Work *work, GCancellable *cancel G_GNUC_UNUSED)
{
  DriverLook *look = (DriverLook *)work;
  look->text = hardware_drivers_text (&look->remedy);
}

static void
done (Work *work, gpointer owner)
{
  const DriverLook *look = (DriverLook *)work;
  look->done (look->text, look->remedy, owner);
}

static void
look_free (Work *work)
{
  DriverLook *look = (DriverLook *)work;
  g_free (look->text);
  g_free (look->remedy);
  g_free (look);
}

GCancellable *
driver_look_start (DriverLookDone done_cb, GObject *owner)
{
  DriverLook *look = g_new0 (DriverLook, 1);
  look->work = (Work){run, done, look_free};
  look->done = done_cb;
  return work_start (&look->work, owner);
}
