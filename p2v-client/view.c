/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"
#include "common/log.h"
#include "estimate.h"

/* Where lines cannot be written over, one comes at most every second, at least
 * every five, or when another five per cent are done. */
#define RECORD_LEAST (1 * G_USEC_PER_SEC)
#define RECORD_MOST  (5 * G_USEC_PER_SEC)
#define RECORD_STEP  0.05

struct View {
  Console *console;
  gboolean verbose;
  char *phase;     /* NULL before the first and after the last */
  gboolean lost;   /* the link is broken just now */
  gint64 began;    /* of the phase */
  guint64 done;    /* bytes of the phase; 0 while it counts something else */
  gint64 recorded; /* when the last record came */
  double recorded_part;
};

View *
view_new (Console *console, gboolean verbose)
{
  View *view = g_new0 (View, 1);
  view->console = console;
  view->verbose = verbose;
  return view;
}

void
view_free (View *view)
{
  if (!view)
    return;
  g_free (view->phase);
  g_free (view);
}

static double
part_of (const Event *event)
{
  return event->total > 0 ? MIN (1.0, (double)event->done / (double)event->total) : 0;
}

/* "[ 42 %] copy  38 %  1.2 GiB of 2.9 GiB  85 MiB/s  0:21  0:34 left" */
static char *
progress_text (const View *view, const Event *event, gint64 now)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *elapsed = estimate_format_seconds ((now - view->began) / G_USEC_PER_SEC);
  /* Rounded down: not at its end before it is. */
  g_string_append_printf (out, "[%3d %%] %s", (int)event->percent, view->phase);
  if (event->total > 0)
    g_string_append_printf (out, "  %d %%", (int)(100 * part_of (event)));
  if (event->total > 0 && event->in_bytes) {
    g_autofree char *done = estimate_format_bytes (event->done);
    g_autofree char *total = estimate_format_bytes (event->total);
    g_autofree char *speed = estimate_format_bytes (event->rate > 0 ? (guint64)event->rate : 0);
    g_string_append_printf (out, "  %s of %s", done, total);
    if (event->rate >= 0)
      g_string_append_printf (out, "  %s/s", speed);
  }
  if (view->lost)
    g_string_append (out, "  connection lost");
  g_autofree char *remaining = estimate_format_seconds (MAX (event->seconds_left, 0));
  g_string_append_printf (out, "  %s", elapsed);
  if (event->seconds_left >= 0)
    g_string_append_printf (out, "  %s left", remaining);
  return g_strdup (out->str);
}

static void
record (View *view, const Event *event, const char *text, gint64 now)
{
  double part = event->total > 0 ? part_of (event) : view->recorded_part;
  gint64 since = now - view->recorded;
  gboolean moved = part - view->recorded_part >= RECORD_STEP;
  if (since < RECORD_LEAST || (since < RECORD_MOST && !moved))
    return;
  /* A phase that cannot count would repeat itself: only its time goes on. */
  if (event->total == 0 && since < 6 * RECORD_MOST)
    return;
  view->recorded = now;
  view->recorded_part = part;
  console_record (view->console, text);
}

static void
show_progress (View *view, const Event *event)
{
  if (!view->phase)
    return;
  gint64 now = g_get_monotonic_time ();
  g_autofree char *text = progress_text (view, event, now);
  view->done = event->in_bytes ? event->done : 0;
  console_status (view->console, text);
  record (view, event, text, now);
}

static void
end_phase (View *view)
{
  if (!view->phase)
    return;
  gint64 took = g_get_monotonic_time () - view->began;
  g_autofree char *time = estimate_format_seconds (took / G_USEC_PER_SEC);
  g_autoptr (GString) line = g_string_new (NULL);
  g_string_append_printf (line, "   %s: %s", view->phase, time);
  if (view->done > 0) {
    g_autofree char *done = estimate_format_bytes (view->done);
    double rate = (double)view->done * G_USEC_PER_SEC / (double)MAX (took, 1);
    g_autofree char *speed = estimate_format_bytes ((guint64)rate);
    g_string_append_printf (line, ", %s, %s/s", done, speed);
  }
  console_print (view->console, "%s", line->str);
  g_clear_pointer (&view->phase, g_free);
}

static void
begin_phase (View *view, const Event *event)
{
  end_phase (view);
  gint64 now = g_get_monotonic_time ();
  view->phase = g_strdup (event->phase ? event->phase : "");
  view->began = view->recorded = now;
  view->recorded_part = 0;
  view->done = 0;
  console_print (view->console, "== %s: %s", view->phase, event->text ? event->text : "");
}

static void
show_log (View *view, const Event *event)
{
  const char *level = event->level ? event->level : "info";
  const char *text = event->text ? event->text : "";
  p2v_debug ("server: %s: %s", level, text);
  if (g_str_equal (level, "debug") && !view->verbose)
    return;
  if (g_str_equal (level, "warning"))
    console_print (view->console, "   Warning: %s", text);
  else if (g_str_equal (level, "error"))
    console_print (view->console, "   Error: %s", text);
  else
    console_print (view->console, "   %s", text);
}

void
view_take (View *view, const Event *event)
{
  switch (event->kind) {
  case EVENT_PHASE:
    begin_phase (view, event);
    break;
  case EVENT_PROGRESS:
    show_progress (view, event);
    break;
  case EVENT_LOG:
    show_log (view, event);
    break;
  case EVENT_LINK_LOST:
  case EVENT_LINK_BACK:
    view->lost = event->kind == EVENT_LINK_LOST;
    console_print (view->console, "   %s", event->text ? event->text : "");
    break;
  case EVENT_STOPPED:
    end_phase (view);
    console_print (view->console, "== stopped: %s", event->text);
    break;
  case EVENT_WAITING:
  case EVENT_CHOICE:
  case EVENT_LOCKED:
    console_print (view->console, "   %s", event->text);
    break;
  case EVENT_FINISHED:
    view->lost = FALSE;
    end_phase (view);
    break;
  }
}
