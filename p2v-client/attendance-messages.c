/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attendance-private.h"
#include "common/error.h"
#include "common/log.h"
#include "inventory.h"
#include "words.h"
#include <string.h>

#define UNSENT_MAX (1024u * 1024u) /* digests wait here when the server does not read */
#define JOB_ID_MAX 32

void
attendance_send_digests (Attendance *attendance, gboolean all)
{
  Control *control = line_control (attendance->line);
  JsonObject *message;
  while ((all || control_unsent (control) < UNSENT_MAX) &&
         (message = digest_queue_take (attendance->digests))) {
    control_send (control, message);
    json_object_unref (message);
  }
}

void
attendance_send_log (Attendance *attendance)
{
  if (!attendance->job || attendance->lost_since || attendance->cancelling)
    return;
  P2vLogLevel level;
  char *text;
  while ((text = p2v_log_take_kept (&level))) {
    g_autoptr (JsonObject) message = p2v_message_new ("log");
    json_object_set_string_member (message, "level", p2v_log_level_name (level));
    json_object_set_string_member (message, "text", text);
    control_send (line_control (attendance->line), message);
    g_free (text);
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

/* DATA is taken. */
static void
send_answer (Attendance *attendance, gint64 id, JsonObject *data)
{
  g_autoptr (JsonObject) answer = p2v_message_new ("answer");
  json_object_set_int_member (answer, "id", id);
  json_object_set_object_member (answer, "data", data);
  control_send (line_control (attendance->line), answer);
}

/* The answer follows when all is read.  Asked again after a break, what was begun goes on. */
static gboolean
begin_reread (Attendance *attendance, JsonObject *query, GError **error)
{
  gint64 id = p2v_json_int (query, "id", 0);
  if (attendance->reread && attendance->reread_id == id)
    return TRUE;
  if (digest_queue_bytes (attendance->digests) > ATTENDANCE_DIGESTS_MAX) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server asks for digests and does not take them.");
    return FALSE;
  }
  g_clear_pointer (&attendance->reread, reread_free);
  attendance->reread_id = id;
  attendance->reread = reread_start (attendance->machine, p2v_json_int (query, "disk", -1),
                                     p2v_json_string (query, "ranges", ""), attendance_take_digests,
                                     attendance, error);
  return attendance->reread != NULL;
}

static void
answer_choice (Attendance *attendance, gint64 id, int choice)
{
  JsonObject *data = json_object_new ();
  json_object_set_int_member (data, "choice", choice);
  send_answer (attendance, id, data);
}

/* Asked again after a break, or by a conversion that is made anew: what a person has
 * chosen once holds as long as the choices are the same. */
static void
take_choices (Attendance *attendance, JsonObject *query)
{
  gint64 id = p2v_json_int (query, "id", 0);
  JsonArray *array = p2v_json_array (query, "choices");
  guint n = array ? json_array_get_length (array) : 0;
  g_auto (GStrv) choices = g_new0 (char *, n + 1);
  for (guint i = 0; i < n; i++)
    choices[i] = control_clean_text (json_array_get_string_element (array, i));
  gboolean same = attendance->choices && g_strv_equal ((const char *const *)choices,
                                                       (const char *const *)attendance->choices);
  if (!attendance->chooses || n == 0) {
    answer_choice (attendance, id, -1);
    return;
  }
  gboolean asked = same && attendance->choice_id;
  attendance->choice_id = id;
  if (asked || (same && atomic_load (&attendance->choice) >= 0))
    return; /* attendance_go_on answers */
  g_strfreev (attendance->choices);
  attendance->choices = g_strdupv (choices);
  atomic_store (&attendance->choice, -1);
  Event *event = event_new (EVENT_CHOICE);
  event->job = g_strdup (attendance->job);
  event->text = g_strdup ("There is more than one operating system on the disks.");
  event->choices = g_steal_pointer (&choices);
  attendance->emit (event, attendance->data);
}

static gboolean
answer_query (Attendance *attendance, JsonObject *query, GError **error)
{
  const char *what = p2v_json_string (query, "what", "");
  gint64 id = p2v_json_int (query, "id", 0);
  if (strcmp (what, "reread") == 0)
    return begin_reread (attendance, query, error);
  if (strcmp (what, "root") == 0) {
    take_choices (attendance, query);
  } else if (strcmp (what, "passphrases") == 0) {
    attendance_take_locked (attendance, query);
  } else if (strcmp (what, "digests") == 0) {
    if (attendance->export)
      export_flush (attendance->export);
    attendance_send_digests (attendance, TRUE);
    send_answer (attendance, id, json_object_new ());
  } else if (strcmp (what, "stats") == 0) {
    send_answer (attendance, id, attendance_stats (attendance));
  } else {
    g_autofree char *clean = control_clean_text (what);
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server asks for \"%s\", which this client does not know.",
                   clean);
    return FALSE;
  }
  return TRUE;
}

/* ---- a job that waits ---- */

static void
decide (Attendance *attendance, gboolean adopt)
{
  Control *control = line_control (attendance->line);
  g_autofree char *job = g_steal_pointer (&attendance->offered);
  if (adopt) {
    g_autoptr (JsonObject) message = p2v_message_new ("adopt");
    json_object_set_string_member (message, "job", job);
    json_object_set_string_member (message, "instance", attendance->instance);
    json_object_set_object_member (message, "machine", p2v_machine_to_json (attendance->machine));
    control_send (control, message);
    g_free (attendance->adopted);
    attendance->adopted = g_steal_pointer (&job);
  } else {
    json_object_set_string_member (attendance->start, "beside", job);
    control_send (control, attendance->start);
  }
}

static void
take_waiting (Attendance *attendance, JsonObject *message)
{
  g_autofree char *job = control_clean_text (p2v_json_string (message, "job", ""));
  g_autofree char *phase = control_clean_text (p2v_json_string (message, "phase", ""));
  g_autoptr (GDateTime) since =
      g_date_time_new_from_unix_local (p2v_json_int (message, "since", 0));
  g_autofree char *when = since ? g_date_time_format (since, "%Y-%m-%d %H:%M") : NULL;
  Event *event = event_new (EVENT_WAITING);
  event->job = g_strdup (job);
  event->text = g_strdup_printf (
      N_ ("Job %s of this machine, begun %s, waits on the conversion server in phase %s%s"), job,
      when ? when : "earlier", phase,
      attendance->waiting == WAITING_ADOPT   ? ": going on with it."
      : attendance->waiting == WAITING_LEAVE ? ": it is left alone, as p2v.resume=no says."
                                             : ".");
  attendance->emit (event, attendance->data);
  g_free (attendance->offered);
  attendance->offered = g_steal_pointer (&job);
  if (attendance->waiting != WAITING_ASK)
    decide (attendance, attendance->waiting == WAITING_ADOPT);
}

void
attendance_go_on (Attendance *attendance)
{
  int decision = attendance->offered ? atomic_exchange (&attendance->decision, -1) : -1;
  if (decision >= 0)
    decide (attendance, decision);
  int choice = attendance->choice_id ? atomic_load (&attendance->choice) : -1;
  if (choice >= 0) {
    answer_choice (attendance, attendance->choice_id, choice);
    attendance->choice_id = 0;
  }
  attendance_go_on_locked (attendance);
  if (attendance->reread && reread_is_done (attendance->reread)) {
    g_clear_pointer (&attendance->reread, reread_free);
    attendance_send_digests (attendance, TRUE);
    send_answer (attendance, attendance->reread_id, json_object_new ());
  }
}

static void
emit_link_back (Attendance *attendance)
{
  gint64 seconds = (g_get_monotonic_time () - attendance->lost_since) / G_USEC_PER_SEC;
  Event *event = event_new (EVENT_LINK_BACK);
  event->job = g_strdup (attendance->job);
  event->text = g_strdup_printf ("Connected again after %" G_GINT64_FORMAT " s.", seconds);
  attendance->emit (event, attendance->data);
}

/* The id becomes a word on a command line over there. */
static gboolean
take_job (Attendance *attendance, JsonObject *message, GError **error)
{
  const char *job = p2v_json_string (message, "job", "");
  gsize length = strlen (job);
  gboolean other = attendance->adopted && strcmp (job, attendance->adopted) != 0;
  gboolean expected = other ? FALSE
                      : attendance->job
                          ? attendance->lost_since && strcmp (job, attendance->job) == 0
                          : length > 0 && length <= JOB_ID_MAX &&
                                strspn (job, G_CSET_a_2_z G_CSET_DIGITS) == length;
  if (!expected) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "The conversion server named a job in a way that is not allowed.");
    return FALSE;
  }
  if (!attendance->job)
    attendance->job = g_strdup (job);
  if (attendance->lost_since)
    emit_link_back (attendance);
  attendance->lost_since = 0;
  attendance->backoff = (Backoff){0};
  return TRUE;
}

static gboolean
take_taken (Attendance *attendance, JsonObject *message, GError **error)
{
  if (digest_queue_taken (attendance->digests, p2v_json_int (message, "disk", -1),
                          p2v_json_int (message, "records", -1)))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                 "The conversion server says that it has digests that it cannot have.");
  return FALSE;
}

/* Not below 0, whatever the server says. */
static guint64
take_number (JsonObject *message, const char *name)
{
  return (guint64)MAX (p2v_json_int (message, name, 0), 0);
}

/* The phase may be told again after a break: the front-end hears it once. */
static Event *
take_phase (Attendance *attendance, JsonObject *message)
{
  g_autofree char *phase = control_clean_text (p2v_json_string (message, "phase", ""));
  if (g_strcmp0 (phase, attendance->phase) == 0)
    return NULL;
  g_free (attendance->phase);
  attendance->phase = g_strdup (phase);
  Event *event = event_new (EVENT_PHASE);
  event->phase = g_steal_pointer (&phase);
  event->text = control_clean_text (p2v_json_string (message, "words", ""));
  event->copy_bytes = take_number (message, "bytes");
  return event;
}

static void
take_result (Attendance *attendance, JsonObject *message)
{
  if (attendance->finished)
    return;
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

gboolean
attendance_take_message (JsonObject *message, gpointer data, GError **error)
{
  Attendance *attendance = data;
  const char *type = p2v_message_type (message);
  Event *event = NULL;
  if (strcmp (type, "accepted") == 0)
    return take_job (attendance, message, error);
  if (strcmp (type, "query") == 0)
    return answer_query (attendance, message, error);
  if (strcmp (type, "taken") == 0)
    return take_taken (attendance, message, error);
  if (strcmp (type, "waiting") == 0 && !attendance->job && !attendance->told) {
    attendance->told = TRUE;
    take_waiting (attendance, message);
    return TRUE;
  }
  /* A success of no job would make the old machine power off. */
  if (strcmp (type, "finished") == 0 && attendance->job) {
    take_result (attendance, message);
    return TRUE;
  }
  if (strcmp (type, "phase") == 0) {
    event = take_phase (attendance, message);
    if (!event)
      return TRUE;
  } else if (strcmp (type, "progress") == 0) {
    event = event_new (EVENT_PROGRESS);
    event->phase = control_clean_text (p2v_json_string (message, "phase", ""));
    event->done = take_number (message, "done");
    event->total = take_number (message, "total");
    event->link_done = take_number (message, "link_done");
    event->link_total = take_number (message, "link_total");
  } else if (strcmp (type, "stopped") == 0) {
    g_clear_pointer (&attendance->phase, g_free); /* it is told again when it goes on */
    g_autoptr (GError) stopped = control_error (message);
    event = event_new (EVENT_STOPPED);
    event->text = p2v_error_sentence (stopped);
    event->error = g_steal_pointer (&stopped);
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
