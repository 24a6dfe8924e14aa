/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"
#include "clock.h"
#include "common/error.h"
#include "common/lines.h"
#include "common/text.h"
#include "stream.h"
#include <string.h>

#define HELLO_S   20
#define TURN_MAX  (256u * 1024u)
#define TEXT_MAX  1000
#define STRAY_MAX 200
/* Answers and digests that wait; a server that does not read must not fill our
 * memory.  Some hundred gigabytes of disk have digests of that size. */
#define UNSENT_MAX (64u * 1024u * 1024u)

struct Control {
  Session *session;
  Stream *stream;
  P2vLines *lines;
  gboolean greeted;
  JsonObject *hello;
  guint secret; /* bytes of the outbox that may hold one; 0: none */
  char *clock;  /* what is wrong with ours */
};

JsonObject *
control_hello (Control *control)
{
  return control->hello;
}

const char *
control_clock (Control *control)
{
  return control->clock;
}

char *
control_clean_text (const char *text)
{
  g_autofree char *clean = p2v_text_clean (text, "");
  return g_utf8_substring (clean, 0, MIN (g_utf8_strlen (clean, -1), TEXT_MAX));
}

GError *
control_error (JsonObject *object)
{
  P2vErrorCode code = p2v_error_code_from_name (p2v_json_string (object, "code", ""));
  g_autofree char *problem = control_clean_text (
      p2v_json_string (object, "problem", "The conversion server gave no reason."));
  const char *said = p2v_json_string (object, "remedy", NULL);
  g_autofree char *remedy = said && *said ? control_clean_text (said) : NULL;
  GError *error = NULL;
  p2v_set_error (&error, code, remedy, "%s", problem);
  return error;
}

void
control_send (Control *control, JsonObject *message)
{
  g_autofree char *line = p2v_message_to_line (message);
  g_byte_array_append (stream_outbox (control->stream), (const guint8 *)line, (guint)strlen (line));
}

void
control_send_secret (Control *control, const char *line)
{
  GByteArray *outbox = stream_outbox (control->stream);
  /* In one place from the beginning: when it grows what it leaves is not wiped. */
  guint before = outbox->len, length = (guint)strlen (line);
  g_byte_array_set_size (outbox, before + length + P2V_MESSAGE_MAX);
  g_byte_array_set_size (outbox, before);
  g_byte_array_append (outbox, (const guint8 *)line, length);
  control->secret = MAX (control->secret, before + length);
}

/* Once all is sent the outbox is empty, but its memory is as it was. */
static void
wipe_sent (Control *control)
{
  if (control->secret == 0 || control_unsent (control) > 0)
    return;
  GByteArray *outbox = stream_outbox (control->stream);
  g_byte_array_set_size (outbox, control->secret);
  explicit_bzero (outbox->data, outbox->len);
  g_byte_array_set_size (outbox, 0);
  control->secret = 0;
}

gsize
control_unsent (Control *control)
{
  return stream_unsent (control->stream);
}

/* A login shell that greets its user does so before p2v-server's hello. */
static void
explain_stray_output (const char *line, GError **error)
{
  g_autofree char *clean = control_clean_text (line);
  p2v_set_error (error, P2V_ERROR_PROTOCOL,
                 "Look into the shell's start files of that account (.bashrc, .profile, "
                 "/etc/profile.d): without a terminal they must not print anything.",
                 "The login on the conversion server prints something that is not a message of "
                 "p2v: \"%.*s\".",
                 STRAY_MAX, clean);
}

static gboolean
handle_lines (Control *control, ControlCallback callback, gpointer data, GError **error)
{
  for (;;) {
    g_autofree char *line = p2v_lines_pop (control->lines);
    if (!line)
      return TRUE;
    if (!control->greeted && *line != '{') {
      explain_stray_output (line, error);
      return FALSE;
    }
    g_autoptr (JsonObject) message =
        p2v_message_parse (line, strlen (line), P2V_FROM_SERVER, error);
    if (!message)
      return FALSE;
    if (strcmp (p2v_message_type (message), "error") == 0) {
      g_propagate_error (error, control_error (message));
      return FALSE;
    }
    if (!callback (message, data, error))
      return FALSE;
    if (control_unsent (control) > UNSENT_MAX) {
      p2v_set_error (error, P2V_ERROR_PROTOCOL,
                     "Check that both sides run the same release of p2v.",
                     "The conversion server does not take the answers to its questions.");
      return FALSE;
    }
  }
}

/* The channel is at its end: after hello that is a broken link, before it there is
 * something wrong with the installation over there. */
static gboolean
explain_end (Control *control, GError **error)
{
  g_autofree char *said = control_clean_text (stream_complaint (control->stream));
  int status = stream_exit_status (control->stream);
  if (!control->greeted)
    session_explain_exit (status, said, error);
  else
    p2v_set_error (error, P2V_ERROR_LINK, NULL, "p2v-server has ended its session: %s.",
                   *said ? said : "it gave no reason");
  return FALSE;
}

gboolean
control_serve (Control *control, int timeout_ms, int wake_fd, ControlCallback callback,
               gpointer data, GError **error)
{
  struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
  if (!stream_send (control->stream, TURN_MAX, error))
    return FALSE;
  wipe_sent (control);
  if (stream_is_busy (control->stream, TURN_MAX))
    timeout_ms = 0;
  if (!session_pump (control->session, &wake, 1, timeout_ms, error))
    return FALSE;
  GByteArray *inbox = stream_inbox (control->stream);
  if (inbox->len > 0) {
    gboolean ok = p2v_lines_push (control->lines, inbox->data, inbox->len, error);
    g_byte_array_set_size (inbox, 0);
    if (!ok || !handle_lines (control, callback, data, error))
      return FALSE;
  }
  /* The status comes after the end of the output. */
  if (stream_is_closed (control->stream) && stream_at_end (control->stream))
    return explain_end (control, error);
  return TRUE;
}

static gboolean
ignore_message (JsonObject *message G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED,
                GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

void
control_flush (Control *control, int timeout_ms)
{
  gint64 deadline = g_get_monotonic_time () + timeout_ms * G_TIME_SPAN_MILLISECOND;
  while ((control_unsent (control) > 0 || session_is_congested (control->session)) &&
         g_get_monotonic_time () < deadline) {
    if (!control_serve (control, 100, -1, ignore_message, NULL, NULL))
      return;
  }
}

static gboolean
take_hello (JsonObject *message, gpointer data, GError **error)
{
  Control *control = data;
  if (strcmp (p2v_message_type (message), "hello") != 0) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "p2v-server said \"%s\" where its hello belongs.", p2v_message_type (message));
    return FALSE;
  }
  gint64 protocol = p2v_json_int (message, "protocol", 0);
  if (protocol != P2V_PROTOCOL_VERSION) {
    g_autofree char *version = control_clean_text (p2v_json_string (message, "version", "?"));
    p2v_set_error (error, P2V_ERROR_VERSION,
                   "Boot the p2v.iso that was built together with the conversion server's "
                   "p2v-server, or install the matching p2v-server there.",
                   "The conversion server speaks protocol version %" G_GINT64_FORMAT
                   " (p2v-server %s), this client version %d (p2v-client %s).",
                   protocol, version, P2V_PROTOCOL_VERSION, P2V_VERSION);
    return FALSE;
  }
  control->greeted = TRUE;
  control->hello = json_object_ref (message);
  gint64 time = p2v_json_int (message, "time", -1);
  if (time >= 0)
    control->clock = clock_complaint (g_get_real_time () / G_USEC_PER_SEC, time);
  return TRUE;
}

static gboolean
exchange_hellos (Control *control, GCancellable *cancel, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + HELLO_S * G_TIME_SPAN_SECOND;
  while (!control->greeted) {
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
      return FALSE;
    }
    if (g_get_monotonic_time () > deadline) {
      g_autofree char *said = control_clean_text (stream_complaint (control->stream));
      p2v_set_error (error, P2V_ERROR_LINK, "Run \"p2v-server doctor\" on the conversion server.",
                     "p2v-server did not say hello within %d seconds%s%s.", HELLO_S,
                     *said ? ": " : "", said);
      return FALSE;
    }
    if (!control_serve (control, 100, -1, take_hello, control, error))
      return FALSE;
  }
  g_autoptr (JsonObject) hello = p2v_message_new ("hello");
  json_object_set_int_member (hello, "protocol", P2V_PROTOCOL_VERSION);
  json_object_set_string_member (hello, "version", P2V_VERSION);
  control_send (control, hello);
  return TRUE;
}

Control *
control_open (Session *session, GCancellable *cancel, GError **error)
{
  static const char *const args[] = {"session", NULL};
  g_autoptr (Control) control = g_new0 (Control, 1);
  control->session = session;
  control->lines = p2v_lines_new (P2V_MESSAGE_MAX);
  control->stream = stream_open (session, args, cancel, error);
  if (!control->stream || !exchange_hellos (control, cancel, error))
    return NULL;
  return g_steal_pointer (&control);
}

void
control_free (Control *control)
{
  if (!control)
    return;
  stream_free (control->stream);
  p2v_lines_free (control->lines);
  g_clear_pointer (&control->hello, json_object_unref);
  g_free (control->clock);
  g_free (control);
}
