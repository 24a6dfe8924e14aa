/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attendance.h"
#include "common/error.h"
#include "common/log.h"
#include "digest-queue.h"
#include "inventory.h"
#include <string.h>

#define TICK_MS     250                       /* the longest that digests wait */
#define ACCEPT_TIME (60 * G_TIME_SPAN_SECOND) /* for the server to start a job */
#define CANCEL_TIME (60 * G_TIME_SPAN_SECOND) /* for the server to clean up */
/* At the end of a job its channels may end before its "finished" arrives. */
#define GRACE       (5 * G_TIME_SPAN_SECOND)
#define UNSENT_MAX  (1024u * 1024u)       /* digests wait here when the server does not read */
#define WAITING_MAX (64u * 1024u * 1024u) /* and this many before it is given up */
#define JOB_ID_MAX  32
#define BYE_MS      5000

struct Attendance {
  Control *control;
  const P2vMachine *machine;
  GCancellable *cancel;
  AttendanceEvent emit;
  gpointer data;
  DigestQueue *digests;
  Export *export;
  Tunnel *tunnel;
  guint64 *baseline; /* the block layer's counters when the job started */
  char *job;
  gboolean started; /* "start" was sent: there may be a job */
  gboolean finished;
  GError *outcome; /* what "finished" said; NULL: success */
  JsonObject *summary;
  gboolean cancelling;
  gboolean silent; /* the server did not answer a cancel in time */
  GError *broken;  /* first failure on this side */
  gint64 broken_since;
};

Attendance *
attendance_new (Control *control, const P2vMachine *machine, GCancellable *cancel,
                AttendanceEvent emit, gpointer data)
{
  Attendance *attendance = g_new0 (Attendance, 1);
  attendance->control = control;
  attendance->machine = machine;
  attendance->cancel = cancel;
  attendance->emit = emit;
  attendance->data = data;
  attendance->digests = digest_queue_new (machine->disks->len);
  attendance->baseline = g_new0 (guint64, machine->disks->len);
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    attendance->baseline[i] = disks_bytes_read (disk->device);
  }
  return attendance;
}

void
attendance_free (Attendance *attendance)
{
  if (!attendance)
    return;
  digest_queue_free (attendance->digests);
  g_clear_error (&attendance->outcome);
  g_clear_error (&attendance->broken);
  g_clear_pointer (&attendance->summary, json_object_unref);
  g_free (attendance->baseline);
  g_free (attendance->job);
  g_free (attendance);
}

void
attendance_take_digests (guint disk, const guint8 *records, gsize length, gpointer data)
{
  digest_queue_add (((Attendance *)data)->digests, disk, records, length);
}

void
attendance_set_export (Attendance *attendance, Export *export)
{
  attendance->export = export;
}

void
attendance_set_tunnel (Attendance *attendance, Tunnel *tunnel)
{
  attendance->tunnel = tunnel;
}

const char *
attendance_job (Attendance *attendance)
{
  return attendance->job;
}

JsonObject *
attendance_summary (Attendance *attendance)
{
  return attendance->summary;
}

static void
send_digests (Attendance *attendance, gboolean all)
{
  JsonObject *message;
  while ((all || control_unsent (attendance->control) < UNSENT_MAX) &&
         (message = digest_queue_take (attendance->digests))) {
    control_send (attendance->control, message);
    json_object_unref (message);
  }
}

JsonObject *
attendance_stats (Attendance *attendance)
{
  JsonObject *stats = json_object_new ();
  JsonArray *disks = json_array_new ();
  TunnelCounters counters = {0};
  if (attendance->export)
    export_flush (attendance->export); /* the filters' count is made of the records */
  for (guint i = 0; i < attendance->machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (attendance->machine->disks, i);
    guint64 block_layer = disks_bytes_read (disk->device) - attendance->baseline[i];
    guint64 nbdkit = attendance->export ? export_bytes_read (attendance->export, i) : 0;
    if (attendance->tunnel)
      tunnel_counters (attendance->tunnel, i, &counters);
    JsonObject *entry = json_object_new ();
    json_object_set_int_member (entry, "block_layer", (gint64)block_layer);
    json_object_set_int_member (entry, "nbdkit", (gint64)nbdkit);
    json_object_set_int_member (entry, "payload", (gint64)counters.payload_out);
    json_object_set_int_member (entry, "wire", (gint64)counters.wire_out);
    json_array_add_object_element (disks, entry);
  }
  if (attendance->tunnel)
    tunnel_counters (attendance->tunnel, G_MAXUINT, &counters);
  json_object_set_array_member (stats, "disks", disks);
  json_object_set_int_member (stats, "wire_in", (gint64)counters.wire_in);
  return stats;
}

static gboolean
answer_query (Attendance *attendance, JsonObject *query, GError **error)
{
  const char *what = p2v_json_string (query, "what", "");
  JsonObject *data;
  if (strcmp (what, "digests") == 0) {
    if (attendance->export)
      export_flush (attendance->export);
    send_digests (attendance, TRUE);
    data = json_object_new ();
  } else if (strcmp (what, "stats") == 0) {
    data = attendance_stats (attendance);
  } else {
    g_autofree char *clean = control_clean_text (what);
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server asks for \"%s\", which this client does not know.",
                   clean);
    return FALSE;
  }
  g_autoptr (JsonObject) answer = p2v_message_new ("answer");
  json_object_set_int_member (answer, "id", p2v_json_int (query, "id", 0));
  json_object_set_object_member (answer, "data", data);
  control_send (attendance->control, answer);
  return TRUE;
}

/* The id becomes a word on a command line over there. */
static gboolean
take_job (Attendance *attendance, JsonObject *message, GError **error)
{
  const char *job = p2v_json_string (message, "job", "");
  gsize length = strlen (job);
  if (attendance->job || length == 0 || length > JOB_ID_MAX ||
      strspn (job, G_CSET_a_2_z G_CSET_DIGITS) != length) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server named a job in a way that is not allowed.");
    return FALSE;
  }
  attendance->job = g_strdup (job);
  return TRUE;
}

static void
take_result (Attendance *attendance, JsonObject *message)
{
  const char *result = p2v_json_string (message, "result", "");
  JsonObject *error = p2v_json_object (message, "error");
  JsonObject *summary = p2v_json_object (message, "summary");
  attendance->finished = TRUE;
  attendance->summary = summary ? json_object_ref (summary) : NULL;
  if (error)
    attendance->outcome = control_error (error);
  else if (strcmp (result, "cancelled") == 0)
    p2v_set_error (&attendance->outcome, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
  else if (strcmp (result, "ok") != 0)
    p2v_set_error (&attendance->outcome, P2V_ERROR_INTERNAL,
                   "Look at the job's log with \"p2v-server log\" on the conversion server.",
                   "The conversion failed without a reason.");
}

static gboolean
take_message (JsonObject *message, gpointer data, GError **error)
{
  Attendance *attendance = data;
  const char *type = p2v_message_type (message);
  Event *event = NULL;
  if (strcmp (type, "accepted") == 0)
    return take_job (attendance, message, error);
  if (strcmp (type, "query") == 0)
    return answer_query (attendance, message, error);
  /* A success of no job would make the old machine power off. */
  if (strcmp (type, "finished") == 0 && attendance->job) {
    take_result (attendance, message);
    return TRUE;
  }
  if (strcmp (type, "phase") == 0) {
    event = event_new (EVENT_PHASE);
    event->phase = control_clean_text (p2v_json_string (message, "phase", ""));
    event->text = control_clean_text (p2v_json_string (message, "words", ""));
    event->done = (guint64)MAX (p2v_json_int (message, "index", 0), 0);
    event->total = (guint64)MAX (p2v_json_int (message, "count", 0), 0);
  } else if (strcmp (type, "progress") == 0) {
    event = event_new (EVENT_PROGRESS);
    event->phase = control_clean_text (p2v_json_string (message, "phase", ""));
    event->done = (guint64)MAX (p2v_json_int (message, "done", 0), 0);
    event->total = (guint64)MAX (p2v_json_int (message, "total", 0), 0);
  } else if (strcmp (type, "log") == 0) {
    event = event_new (EVENT_LOG);
    event->level = control_clean_text (p2v_json_string (message, "level", "info"));
    event->text = control_clean_text (p2v_json_string (message, "text", ""));
  } else {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server said \"%s\" at a wrong moment.", type);
    return FALSE;
  }
  event->job = g_strdup (attendance->job);
  attendance->emit (event, attendance->data);
  return TRUE;
}

static void
send_cancel (Attendance *attendance)
{
  attendance->cancelling = TRUE;
  g_autoptr (JsonObject) cancel = p2v_message_new ("cancel");
  control_send (attendance->control, cancel);
}

/* FALSE once a failure on this side has lasted longer than an end of a job needs. */
static gboolean
check_own_side (Attendance *attendance, GError **error)
{
  gint64 now = g_get_monotonic_time ();
  if (!attendance->broken &&
      ((attendance->tunnel && tunnel_failed (attendance->tunnel, &attendance->broken)) ||
       (attendance->export && export_failed (attendance->export, &attendance->broken))))
    attendance->broken_since = now;
  if (!attendance->broken && digest_queue_bytes (attendance->digests) > WAITING_MAX)
    p2v_set_error (&attendance->broken, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server reads the disks, but does not take the digests.");
  if (!attendance->broken || now - attendance->broken_since < GRACE)
    return TRUE;
  g_propagate_error (error, g_error_copy (attendance->broken));
  return FALSE;
}

static gboolean
is_accepted (const Attendance *attendance)
{
  return attendance->job || attendance->finished;
}

static gboolean
is_finished (const Attendance *attendance)
{
  return attendance->finished;
}

static void
explain_silence (const Attendance *attendance, GError **error)
{
  if (attendance->cancelling)
    p2v_set_error (error, P2V_ERROR_CANCELLED, "Look at \"p2v-server list\" there.",
                   "Cancelled, but the conversion server did not say within 60 seconds that it "
                   "has cleaned up.");
  else
    p2v_set_error (error, P2V_ERROR_LINK, "Look at \"p2v-server list\" there.",
                   "The conversion server did not start a job within 60 seconds.");
}

/* Serves until REACHED says so, at most for LIMIT (0: as long as it takes). */
static gboolean
serve_until (Attendance *attendance, gboolean (*reached) (const Attendance *), gint64 limit,
             GError **error)
{
  gint64 deadline = limit ? g_get_monotonic_time () + limit : G_MAXINT64;
  while (!reached (attendance)) {
    if (!attendance->cancelling && g_cancellable_is_cancelled (attendance->cancel)) {
      send_cancel (attendance);
      deadline = g_get_monotonic_time () + CANCEL_TIME;
    }
    if (g_get_monotonic_time () > deadline) {
      attendance->silent = attendance->cancelling;
      explain_silence (attendance, error);
      return FALSE;
    }
    if (!attendance->cancelling && !check_own_side (attendance, error))
      return FALSE;
    send_digests (attendance, FALSE);
    g_autoptr (GError) cause = NULL;
    int wake = attendance->cancelling ? -1 : g_cancellable_get_fd (attendance->cancel);
    gboolean ok =
        control_serve (attendance->control, TICK_MS, wake, take_message, attendance, &cause);
    if (wake >= 0)
      g_cancellable_release_fd (attendance->cancel);
    /* The server may close right behind its last message. */
    if (!ok && !attendance->finished) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
attendance_start (Attendance *attendance, JsonObject *settings, GError **error)
{
  g_autoptr (JsonObject) start = p2v_message_new ("start");
  json_object_set_object_member (start, "settings", json_object_ref (settings));
  json_object_set_object_member (start, "machine", p2v_machine_to_json (attendance->machine));
  control_send (attendance->control, start);
  attendance->started = TRUE;
  GError *cause = NULL;
  if (serve_until (attendance, is_accepted, ACCEPT_TIME, &cause))
    return TRUE;
  /* Refused in words: then there is no job that would have to be cancelled. */
  attendance->started = g_error_matches (cause, P2V_ERROR, P2V_ERROR_LINK) ||
                        g_error_matches (cause, P2V_ERROR, P2V_ERROR_PROTOCOL) ||
                        g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED);
  g_propagate_error (error, cause);
  return FALSE;
}

/* Without "bye" the server takes us for lost and the job for waiting. */
static void
say_bye (Attendance *attendance)
{
  g_autoptr (JsonObject) bye = p2v_message_new ("bye");
  control_send (attendance->control, bye);
  control_flush (attendance->control, BYE_MS);
}

/* The way this error leaves the job: waiting over there, and what to do about it. */
static void
explain_waiting (Attendance *attendance, GError *cause, GError **error)
{
  gboolean waits = g_error_matches (cause, P2V_ERROR, P2V_ERROR_LINK) ||
                   g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED);
  if (!attendance->job || !waits) {
    g_propagate_error (error, cause);
    return;
  }
  g_autofree char *problem = p2v_error_problem (cause);
  g_autofree char *remedy = g_strdup_printf (
      "On the conversion server, \"p2v-server list\" shows job %s and \"p2v-server cancel %s\" "
      "ends it and removes what it made.",
      attendance->job, attendance->job);
  p2v_set_error (error, (P2vErrorCode)cause->code, remedy,
                 "%s Job %s is left on the conversion server.", problem, attendance->job);
  g_error_free (cause);
}

/* A client that can re-attach to its job begins here instead of giving up: the
 * export is still there, the job keeps its state, and only session, control and
 * tunnel have to be made anew. */
static gboolean
link_lost (Attendance *attendance, GError *cause, GError **error)
{
  explain_waiting (attendance, cause, error);
  return FALSE;
}

gboolean
attendance_follow (Attendance *attendance, GError **error)
{
  GError *cause = NULL;
  if (!serve_until (attendance, is_finished, 0, &cause))
    return link_lost (attendance, cause, error);
  say_bye (attendance);
  if (attendance->outcome) {
    g_propagate_error (error, g_error_copy (attendance->outcome));
    return FALSE;
  }
  return TRUE;
}

void
attendance_abandon (Attendance *attendance)
{
  if (!attendance->started || attendance->finished || attendance->silent)
    return;
  if (!attendance->cancelling)
    send_cancel (attendance);
  g_autoptr (GError) ignored = NULL;
  if (serve_until (attendance, is_finished, CANCEL_TIME, &ignored))
    say_bye (attendance);
  else
    p2v_warning ("the job could not be cancelled: %s", ignored->message);
}
