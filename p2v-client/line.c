/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"
#include "common/error.h"
#include "common/log.h"

struct Line {
  const Settings *settings;
  const Identity *identity;
  char *peer;
  Session *session;
  Control *control;
};

static void
hang_up (Line *line)
{
  g_clear_pointer (&line->control, control_free);
  g_clear_pointer (&line->session, session_free);
}

static gboolean
dial (Line *line, GCancellable *cancel, GError **error)
{
  line->session = session_open (line->settings, line->identity, cancel, error);
  if (line->session)
    line->control = control_open (line->session, cancel, error);
  if (!line->control)
    hang_up (line);
  return line->control != NULL;
}

Line *
line_open (const Settings *settings, const Identity *identity, GCancellable *cancel, GError **error)
{
  g_autoptr (Line) line = g_new0 (Line, 1);
  line->settings = settings;
  line->identity = identity;
  if (!dial (line, cancel, error))
    return NULL;
  line->peer = g_strdup (session_peer (line->session));
  return g_steal_pointer (&line);
}

void
line_free (Line *line)
{
  if (!line)
    return;
  hang_up (line);
  g_free (line->peer);
  g_free (line);
}

static void
explain_end (const Line *line, const GError *last, GCancellable *cancel, GError **error)
{
  if (g_cancellable_is_cancelled (cancel)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return;
  }
  g_autofree char *problem = last ? p2v_error_problem (last) : g_strdup ("");
  p2v_set_error (error, P2V_ERROR_LINK, "Check the network between the two machines.",
                 "The connection to %s broke and could not be made again.%s%s", line->peer,
                 last ? " " : "", problem);
}

gboolean
line_reopen (Line *line, Backoff *backoff, gint64 deadline, GCancellable *cancel, GError **error)
{
  g_autoptr (GError) last = NULL;
  hang_up (line);
  while (backoff_wait (backoff, deadline, cancel)) {
    g_clear_error (&last);
    if (dial (line, cancel, &last))
      return TRUE;
    g_autofree char *problem = p2v_error_problem (last);
    p2v_debug ("connecting again, attempt %u: %s", backoff->attempts, problem);
    if (!backoff_forgives (backoff, last) && !g_cancellable_is_cancelled (cancel)) {
      g_propagate_error (error, g_steal_pointer (&last));
      return FALSE;
    }
  }
  explain_end (line, last, cancel, error);
  return FALSE;
}

Control *
line_control (Line *line)
{
  return line->control;
}

const char *
line_peer (Line *line)
{
  return line->peer;
}
