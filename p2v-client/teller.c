/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teller.h"
#include "estimate.h"

/* Half of the second that is promised: a busy main loop may be late. */
#define TELL_MS 500

struct Teller {
  TellerCallback callback;
  gpointer data;
  Estimate estimate;
  char *phase, *text; /* NULL before the first phase and after the end */
  GSource *timer;
};

static void
tell (Teller *teller, Event *event)
{
  const Estimate *estimate = &teller->estimate;
  gint64 now = g_get_monotonic_time ();
  event->in_bytes = teller->phase && estimate_counts_bytes (teller->phase);
  event->done = estimate->count.done;
  event->total = estimate->count.total;
  event->link_done = estimate->count.link_done;
  event->link_total = estimate->count.link_total;
  event->percent = 100 * estimate_fraction (estimate);
  event->rate = estimate_rate (estimate, now);
  event->seconds_left = estimate_seconds_left (estimate, now);
  if (event->kind == EVENT_FINISHED)
    event->seconds_left = event->error ? -1 : 0;
  teller->callback (event, teller->data);
}

static void
tell_progress (Teller *teller)
{
  if (!teller->phase)
    return;
  Event *event = event_new (EVENT_PROGRESS);
  event->phase = g_strdup (teller->phase);
  event->text = g_strdup (teller->text);
  tell (teller, event);
}

static gboolean
on_timer (gpointer data)
{
  tell_progress (data);
  return G_SOURCE_CONTINUE;
}

Teller *
teller_new (GMainContext *context, guint64 disk_bytes, guint64 bandwidth, TellerCallback callback,
            gpointer data)
{
  Teller *teller = g_new0 (Teller, 1);
  teller->callback = callback;
  teller->data = data;
  estimate_init (&teller->estimate, disk_bytes, bandwidth);
  teller->timer = g_timeout_source_new (TELL_MS);
  g_source_set_callback (teller->timer, on_timer, teller, NULL);
  g_source_attach (teller->timer, context);
  return teller;
}

static void
end_phase (Teller *teller)
{
  tell_progress (teller); /* its last figures */
  g_clear_pointer (&teller->phase, g_free);
  g_clear_pointer (&teller->text, g_free);
}

static void
begin_phase (Teller *teller, const Event *event)
{
  end_phase (teller);
  teller->phase = g_strdup (event->phase ? event->phase : "");
  teller->text = g_strdup (event->text);
  estimate_begin (&teller->estimate, teller->phase, event->copy_bytes, g_get_monotonic_time ());
}

static void
take_count (Teller *teller, const Event *event)
{
  EstimateCount count = {event->done, event->total, event->link_done, event->link_total};
  if (g_strcmp0 (event->phase, teller->phase) == 0)
    estimate_add (&teller->estimate, &count, g_get_monotonic_time ());
}

void
teller_take (Teller *teller, Event *event)
{
  switch (event->kind) {
  case EVENT_PHASE:
    begin_phase (teller, event);
    break;
  case EVENT_PROGRESS:
    take_count (teller, event);
    event_free (event);
    return;
  case EVENT_LINK_LOST:
  case EVENT_LINK_BACK:
    estimate_set_lost (&teller->estimate, event->kind == EVENT_LINK_LOST);
    break;
  case EVENT_FINISHED:
    end_phase (teller);
    if (!event->error)
      estimate_finish (&teller->estimate);
    break;
  case EVENT_STOPPED:
    end_phase (teller); /* a phase follows when it goes on */
    break;
  case EVENT_LOG:
  case EVENT_WAITING:
  case EVENT_CHOICE:
  case EVENT_LOCKED:
    break;
  }
  tell (teller, event);
}

void
teller_stop (Teller *teller)
{
  if (!teller)
    return;
  g_source_destroy (teller->timer);
  g_source_unref (teller->timer);
  g_free (teller->phase);
  g_free (teller->text);
  g_free (teller);
}
