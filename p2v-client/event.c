/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

Event *
event_new (EventKind kind)
{
  Event *event = g_new0 (Event, 1);
  event->kind = kind;
  return event;
}

void
event_free (Event *event)
{
  if (!event)
    return;
  g_free (event->phase);
  g_free (event->level);
  g_free (event->text);
  g_free (event->job);
  g_strfreev (event->choices);
  g_clear_error (&event->error);
  g_clear_pointer (&event->summary, json_object_unref);
  g_free (event);
}
