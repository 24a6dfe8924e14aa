/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backoff.h"
#include "common/error.h"

#define LONGEST_S    15u
#define REFUSALS_MAX 3u

gboolean
backoff_forgives (Backoff *backoff, const GError *error)
{
  if (g_error_matches (error, P2V_ERROR, P2V_ERROR_AUTH))
    return ++backoff->refusals < REFUSALS_MAX;
  if (!g_error_matches (error, P2V_ERROR, P2V_ERROR_CONNECT) &&
      !g_error_matches (error, P2V_ERROR, P2V_ERROR_LINK))
    return FALSE;
  backoff->refusals = 0;
  return TRUE;
}

guint
backoff_seconds (const Backoff *backoff)
{
  return backoff->attempts < 4 ? 1u << backoff->attempts : LONGEST_S;
}

gboolean
backoff_wait (Backoff *backoff, gint64 deadline, GCancellable *cancel)
{
  gint64 until = g_get_monotonic_time () + backoff_seconds (backoff) * G_USEC_PER_SEC;
  backoff->attempts++;
  for (;;) {
    gint64 now = g_get_monotonic_time ();
    if (g_cancellable_is_cancelled (cancel) || now >= deadline)
      return FALSE;
    if (now >= until)
      return TRUE;
    GPollFD wake = {.fd = -1, .events = G_IO_IN};
    gboolean watched = g_cancellable_make_pollfd (cancel, &wake);
    (void)g_poll (&wake, watched ? 1 : 0, (int)((MIN (until, deadline) - now) / 1000) + 1);
    if (watched)
      g_cancellable_release_fd (cancel);
  }
}
