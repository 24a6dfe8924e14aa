/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote.h"
#include <string.h>
#include "common/error.h"
#include "control.h"
#include "identity.h"
#include "stream.h"

#define LIMIT_S  60 /* without getting further */
#define TURN_MAX (256u * 1024u)

static gboolean
may_go_on (gint64 deadline, GCancellable *cancel, GError **error)
{
  if (g_cancellable_is_cancelled (cancel)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return FALSE;
  }
  if (g_get_monotonic_time () < deadline)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_LINK, "Run \"p2v-server doctor\" on the conversion server.",
                 "p2v-server did not answer within %d seconds.", LIMIT_S);
  return FALSE;
}

static gint64
next_deadline (void)
{
  return g_get_monotonic_time () + LIMIT_S * G_TIME_SPAN_SECOND;
}

/* Until the program has ended and all that it printed is in OUTPUT. */
static gboolean
carry (Session *session, Stream *stream, GByteArray *output, gsize most, GCancellable *cancel,
       GError **error)
{
  gint64 deadline = next_deadline ();
  gsize unsent = stream_unsent (stream);
  while (!(stream_is_closed (stream) && stream_at_end (stream))) {
    if (!may_go_on (deadline, cancel, error) || !stream_send (stream, TURN_MAX, error) ||
        !session_pump (session, NULL, 0, stream_is_busy (stream, TURN_MAX) ? 0 : 100, error))
      return FALSE;
    GByteArray *inbox = stream_inbox (stream);
    if (inbox->len > 0 || stream_unsent (stream) != unsent)
      deadline = next_deadline ();
    unsent = stream_unsent (stream);
    g_byte_array_append (output, inbox->data, (guint)MIN (inbox->len, most - output->len));
    g_byte_array_set_size (inbox, 0);
  }
  return TRUE;
}

static gboolean
explain_failure (Stream *stream, GError **error)
{
  g_autofree char *said = control_clean_text (stream_complaint (stream));
  p2v_set_error (error, P2V_ERROR_JOB, NULL, "p2v-server refused: %s", *said ? said : "no reason.");
  return FALSE;
}

char *
remote_run (const Settings *settings, const char *const *args, const char *input, gsize most,
            GCancellable *cancel, GError **error)
{
  g_autoptr (Identity) identity = NULL;
  g_autoptr (Session) session = NULL;
  g_autoptr (Stream) stream = NULL; /* freed before its session */
  g_autoptr (GByteArray) output = g_byte_array_new ();
  if (identity_load (settings, &identity, cancel, error))
    session = session_open (settings, identity, cancel, error);
  if (session)
    stream = stream_open (session, args, cancel, error);
  if (!stream)
    return NULL;
  if (input)
    g_byte_array_append (stream_outbox (stream), (const guint8 *)input, (guint)strlen (input));
  stream_finish (stream);
  if (!carry (session, stream, output, most, cancel, error) ||
      (stream_exit_status (stream) != 0 && !explain_failure (stream, error)))
    return NULL;
  return g_utf8_make_valid ((const char *)output->data, output->len);
}
