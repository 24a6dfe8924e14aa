/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attendance-private.h"
#include "common/error.h"
#include "common/log.h"
#include "common/secret.h"
#include "inventory.h"
#include <string.h>
#include <sys/random.h>

#define TICK_MS       250                       /* the longest that digests wait */
#define ACCEPT_TIME   (90 * G_TIME_SPAN_SECOND) /* for the server to start or find a job */
#define CANCEL_TIME   (60 * G_TIME_SPAN_SECOND) /* for the server to clean up */
#define FAREWELL_TIME (20 * G_TIME_SPAN_SECOND) /* for a broken link to take the word to cancel */
/* At the end of a job its channels may end before its "finished" arrives. */
#define GRACE  (5 * G_TIME_SPAN_SECOND)
#define BYE_MS 5000

/* Nobody else can guess it: whoever knows it is this process. */
static char *
new_instance (void)
{
  guint8 bytes[P2V_INSTANCE_LENGTH / 2];
  if (getrandom (bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    g_error ("getrandom failed");
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

Attendance *
attendance_new (Line *line, const P2vMachine *machine, guint patience_s, GCancellable *cancel,
                AttendanceEvent emit, gpointer data)
{
  Attendance *attendance = g_new0 (Attendance, 1);
  attendance->line = line;
  attendance->machine = machine;
  attendance->patience = patience_s * G_USEC_PER_SEC;
  attendance->cancel = cancel;
  attendance->emit = emit;
  attendance->data = data;
  attendance->instance = new_instance ();
  atomic_init (&attendance->decision, -1);
  atomic_init (&attendance->choice, -1);
  attendance->passphrases = g_ptr_array_new_with_free_func ((GDestroyNotify)p2v_secret_free);
  g_mutex_init (&attendance->lock);
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
  reread_free (attendance->reread); /* its thread feeds the queue */
  digest_queue_free (attendance->digests);
  g_free (attendance->offered);
  g_free (attendance->adopted);
  g_strfreev (attendance->choices);
  g_strfreev (attendance->closed);
  g_ptr_array_unref (attendance->passphrases);
  g_mutex_clear (&attendance->lock);
  g_clear_error (&attendance->outcome);
  g_clear_error (&attendance->broken);
  g_clear_pointer (&attendance->summary, json_object_unref);
  g_clear_pointer (&attendance->start, json_object_unref);
  g_free (attendance->baseline);
  g_free (attendance->instance);
  g_free (attendance->phase);
  g_free (attendance->job);
  g_free (attendance);
}

void
attendance_set_waiting (Attendance *attendance, AttendanceWaiting waiting)
{
  attendance->waiting = waiting;
}

void
attendance_decide (Attendance *attendance, gboolean adopt)
{
  atomic_store (&attendance->decision, adopt ? TRUE : FALSE);
}

void
attendance_set_chooses (Attendance *attendance, gboolean chooses)
{
  attendance->chooses = chooses;
}

void
attendance_set_settings (Attendance *attendance, const Settings *settings)
{
  attendance->settings = settings;
}

void
attendance_choose (Attendance *attendance, guint index)
{
  atomic_store (&attendance->choice, (int)index);
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
send_word (Attendance *attendance, const char *type)
{
  g_autoptr (JsonObject) message = p2v_message_new (type);
  control_send (line_control (attendance->line), message);
}

static void
send_cancel (Attendance *attendance)
{
  attendance->cancelling = TRUE;
  send_word (attendance, "cancel");
}

/* Without it the server would take a quiet link for a broken one. */
static void
give_sign_of_life (Attendance *attendance)
{
  gint64 now = g_get_monotonic_time ();
  if (now - attendance->last_alive < P2V_ALIVE_S * G_USEC_PER_SEC)
    return;
  attendance->last_alive = now;
  send_word (attendance, "alive");
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
                   "The conversion server did not %s within 90 seconds.",
                   attendance->lost_since ? "find the job again" : "start a job");
}

/* ---- a broken link ---- */

static void
note_loss (Attendance *attendance, const GError *cause)
{
  g_autofree char *problem = p2v_error_problem (cause);
  attendance->lost_since = g_get_monotonic_time ();
  Event *event = event_new (EVENT_LINK_LOST);
  event->job = g_strdup (attendance->job);
  event->text =
      g_strdup_printf (N_ ("%s Trying to connect again for up to %" G_GINT64_FORMAT " s."), problem,
                       attendance->patience / G_USEC_PER_SEC);
  p2v_info ("%s", event->text);
  attendance->emit (event, attendance->data);
}

/* A person who has had enough while we tried still wants the job to be cancelled: for
 * that it goes on, for a while. */
static gboolean
reopen_line (Attendance *attendance, gint64 *deadline, GError **error)
{
  GError *cause = NULL;
  if (!attendance->cancelling) {
    gint64 end = attendance->lost_since + attendance->patience;
    if (line_reopen (attendance->line, &attendance->backoff, end, attendance->cancel, &cause))
      return TRUE;
    if (!g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED)) {
      g_propagate_error (error, cause);
      return FALSE;
    }
    g_clear_error (&cause);
    attendance->cancelling = TRUE;
    attendance->backoff = (Backoff){0};
    *deadline = g_get_monotonic_time () + CANCEL_TIME;
  }
  gint64 end = MIN (*deadline, g_get_monotonic_time () + FAREWELL_TIME);
  if (line_reopen (attendance->line, &attendance->backoff, end, NULL, &cause))
    return TRUE;
  g_autofree char *problem = p2v_error_problem (cause);
  g_error_free (cause);
  p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled without telling the server: %s",
                 problem);
  return FALSE;
}

/* Where the job is known it is asked for; else "start" is sent again, which makes no
 * second one. */
static void
introduce_again (Attendance *attendance)
{
  Control *control = line_control (attendance->line);
  attendance->told = FALSE;
  g_clear_pointer (&attendance->offered, g_free);
  if (attendance->job) {
    g_autoptr (JsonObject) attach = p2v_message_new ("attach");
    json_object_set_string_member (attach, "job", attendance->job);
    json_object_set_string_member (attach, "instance", attendance->instance);
    control_send (control, attach);
  } else {
    control_send (control, attendance->start);
  }
  if (attendance->cancelling)
    send_cancel (attendance);
}

/* The export and the job are still there: only the way between them is made anew (the
 * tunnel sees to itself).  TRUE when the server has been asked for the job; what it
 * answers comes by attendance_take_message.  Takes CAUSE. */
static gboolean
recover (Attendance *attendance, GError *cause, gint64 *deadline, GError **error)
{
  if (!g_error_matches (cause, P2V_ERROR, P2V_ERROR_LINK) || attendance->patience == 0) {
    g_propagate_error (error, cause);
    return FALSE;
  }
  if (!attendance->lost_since)
    note_loss (attendance, cause);
  g_error_free (cause);
  digest_queue_rewind (attendance->digests);
  /* Where only this connection broke, records would go on piling up here. */
  if (attendance->tunnel)
    tunnel_hold (attendance->tunnel, TRUE);
  gint64 began = g_get_monotonic_time ();
  if (!reopen_line (attendance, deadline, error)) {
    attendance->unreachable = TRUE;
    return FALSE;
  }
  if (!attendance->cancelling && *deadline != G_MAXINT64)
    *deadline += g_get_monotonic_time () - began;
  introduce_again (attendance);
  return TRUE;
}

/* ---- serving ---- */

static gboolean
serve_once (Attendance *attendance, GError **error)
{
  give_sign_of_life (attendance);
  attendance_go_on (attendance);
  attendance_send_digests (attendance, FALSE);
  attendance_send_log (attendance);
  if (attendance->tunnel)
    tunnel_hold (attendance->tunnel,
                 digest_queue_bytes (attendance->digests) > ATTENDANCE_DIGESTS_MAX);
  int wake = attendance->cancelling ? -1 : g_cancellable_get_fd (attendance->cancel);
  gboolean ok = control_serve (line_control (attendance->line), TICK_MS, wake,
                               attendance_take_message, attendance, error);
  if (wake >= 0)
    g_cancellable_release_fd (attendance->cancel);
  return ok;
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
    if (attendance->offered) /* a person takes the time that it takes */
      deadline = g_get_monotonic_time () + limit;
    if (g_get_monotonic_time () > deadline) {
      attendance->unreachable = attendance->cancelling;
      explain_silence (attendance, error);
      return FALSE;
    }
    if (attendance->lost_since &&
        g_get_monotonic_time () > attendance->lost_since + attendance->patience + ACCEPT_TIME) {
      attendance->unreachable = TRUE;
      explain_silence (attendance, error);
      return FALSE;
    }
    /* While nobody hears it a failure of this side can wait. */
    if (!attendance->cancelling && !attendance->lost_since && !check_own_side (attendance, error))
      return FALSE;
    GError *cause = NULL;
    gboolean ok = serve_once (attendance, &cause);
    /* The server may close right behind its last message. */
    if (!ok && attendance->finished)
      g_clear_error (&cause);
    else if (!ok && !recover (attendance, cause, &deadline, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
attendance_start (Attendance *attendance, JsonObject *settings, GError **error)
{
  attendance->start = p2v_message_new ("start");
  json_object_set_string_member (attendance->start, "instance", attendance->instance);
  json_object_set_object_member (attendance->start, "settings", json_object_ref (settings));
  json_object_set_object_member (attendance->start, "machine",
                                 p2v_machine_to_json (attendance->machine));
  control_send (line_control (attendance->line), attendance->start);
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
  send_word (attendance, "bye");
  control_flush (line_control (attendance->line), BYE_MS);
}

/* The way this error leaves the job: waiting over there, and what to do about it. */
static void
explain_waiting (Attendance *attendance, GError *cause, GError **error)
{
  gboolean waits = g_error_matches (cause, P2V_ERROR, P2V_ERROR_LINK) ||
                   g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED) ||
                   attendance->unreachable;
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

gboolean
attendance_follow (Attendance *attendance, GError **error)
{
  GError *cause = NULL;
  if (!serve_until (attendance, is_finished, 0, &cause)) {
    explain_waiting (attendance, cause, error);
    return FALSE;
  }
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
  if (!attendance->started || attendance->finished || attendance->unreachable)
    return;
  if (!attendance->cancelling)
    send_cancel (attendance);
  g_autoptr (GError) ignored = NULL;
  if (serve_until (attendance, is_finished, CANCEL_TIME, &ignored))
    say_bye (attendance);
  else
    p2v_warning ("the job could not be cancelled: %s", ignored->message);
}
