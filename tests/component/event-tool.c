/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A front-end for tests: runs a conversion and prints each event as a line,
 *
 *   event-tool "p2v.server=… p2v.disks=…"
 *
 * its members separated by tabs: seconds since the start, kind, phase, percent, done, total,
 * link_done, link_total, rate, seconds_left, text.  Status 0 when the guest is done. */
#include <stdio.h>
#include "common/error.h"
#include "p2v-client/conversion.h"

static gint64 start;
static gboolean failed;

static void
take_event (Event *event, gpointer loop)
{
  static const char *const kinds[] = {
      [EVENT_PHASE] = "phase",      [EVENT_PROGRESS] = "progress", [EVENT_LOG] = "log",
      [EVENT_LINK_LOST] = "lost",   [EVENT_LINK_BACK] = "back",    [EVENT_STOPPED] = "stopped",
      [EVENT_WAITING] = "waiting",  [EVENT_CHOICE] = "choice",     [EVENT_LOCKED] = "locked",
      [EVENT_FINISHED] = "finished"};
  g_autofree char *problem = event->error ? p2v_error_sentence (event->error) : NULL;
  const char *text = problem ? problem : event->text ? event->text : "";
  printf ("%.3f\t%s\t%s\t%.6f\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT
          "\t%" G_GUINT64_FORMAT "\t%.0f\t%" G_GINT64_FORMAT "\t%s\n",
          (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC, kinds[event->kind],
          event->phase ? event->phase : "", event->percent, event->done, event->total,
          event->link_done, event->link_total, event->rate, event->seconds_left, text);
  if (event->kind == EVENT_FINISHED) {
    failed = event->error != NULL;
    g_main_loop_quit (loop);
  }
  event_free (event);
}

int
main (int argc, char **argv)
{
  if (argc != 2)
    g_error ("usage: event-tool SETTINGS");
  setvbuf (stdout, NULL, _IOLBF, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (Settings) settings = settings_new ();
  g_autoptr (P2vMachine) machine = NULL;
  if (settings_parse (settings, argv[1], &error))
    machine = inventory_read (settings, &error);
  if (!machine)
    g_error ("%s", error->message);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Conversion) conversion = conversion_new (settings, machine);
  start = g_get_monotonic_time ();
  conversion_start (conversion, take_event, loop);
  g_main_loop_run (loop);
  return failed ? 1 : 0;
}
