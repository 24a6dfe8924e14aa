/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect -> export the disks -> start the job -> open the data channels -> attend
 * to it until it has finished -> take everything down again, in this order, in one
 * thread.  What a step needs exists when it begins; where one fails the rest is
 * skipped and the taking down is the same. */
#include "conversion.h"
#include "attendance.h"
#include "common/error.h"
#include "common/log.h"
#include "teller.h"

/* The way to the front-end outlives the conversion: events may still be queued in the
 * main loop when it is freed, and are then dropped. */
typedef struct {
  Teller *teller; /* NULL: nobody listens any more */
} Listener;

struct Conversion {
  const Settings *settings;
  const P2vMachine *machine;
  GMainContext *context;
  Listener *listener; /* counted; its member belongs to the context's thread */
  GThread *thread;
  GCancellable *cancel;
  gboolean asks;
  GMutex lock; /* what is below */
  Attendance *attendance;
};

typedef struct {
  Conversion *conversion;
  Identity *identity;
  Line *line;
  Attendance *attendance;
  Export *export;
  Tunnel *tunnel;
} Run;

typedef struct {
  Listener *listener;
  Event *event;
} Delivery;

static gboolean
deliver (gpointer data)
{
  Delivery *delivery = data;
  if (delivery->listener->teller)
    teller_take (delivery->listener->teller, g_steal_pointer (&delivery->event));
  return G_SOURCE_REMOVE;
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;
  event_free (delivery->event);
  g_atomic_rc_box_release (delivery->listener);
  g_free (delivery);
}

/* Into the log, for whoever reads it elsewhere (p2v.log=). */
static void
tell (const Event *event)
{
  const char *text = event->text ? event->text : "";
  switch (event->kind) {
  case EVENT_PHASE:
    p2v_log_tell (P2V_LOG_INFO, "phase %s: %s", event->phase, text);
    break;
  case EVENT_LOG:
    if (g_strcmp0 (event->level, "debug") != 0)
      p2v_log_tell (g_strcmp0 (event->level, "info") == 0 ? P2V_LOG_INFO : P2V_LOG_WARNING, "%s",
                    text);
    break;
  case EVENT_LINK_BACK:
  case EVENT_WAITING:
  case EVENT_CHOICE:
  case EVENT_LOCKED:
    p2v_log_tell (P2V_LOG_INFO, "%s", text);
    break;
  case EVENT_STOPPED:
    p2v_log_tell (P2V_LOG_WARNING, "stopped: %s", text);
    break;
  case EVENT_FINISHED:
    if (event->error) {
      g_autofree char *sentence = p2v_error_sentence (event->error);
      p2v_log_tell (P2V_LOG_ERROR, "the conversion ended without a guest: %s", sentence);
    } else {
      p2v_log_tell (P2V_LOG_INFO, "the conversion is done, job %s", event->job);
    }
    break;
  case EVENT_PROGRESS:
  case EVENT_LINK_LOST: /* attendance.c has logged it */
    break;
  }
}

/* Always through the main loop, never directly, so that the front-end sees one thread
 * and one order. */
static void
emit (Event *event, gpointer data)
{
  Conversion *conversion = data;
  Delivery *delivery = g_new0 (Delivery, 1);
  tell (event);
  delivery->listener = g_atomic_rc_box_acquire (conversion->listener);
  delivery->event = event;
  g_autoptr (GSource) source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, delivery, delivery_free);
  g_source_attach (source, conversion->context);
}

static void
emit_log (Conversion *conversion, P2vLogLevel level, const char *text)
{
  Event *event = event_new (EVENT_LOG);
  event->level = g_strdup (p2v_log_level_name (level));
  event->text = g_strdup (text);
  emit (event, conversion);
}

static gboolean
connect_server (Run *run, GError **error)
{
  Conversion *conversion = run->conversion;
  const Settings *settings = conversion->settings;
  Event *event = event_new (EVENT_PHASE);
  event->phase = g_strdup ("connect");
  event->text = g_strdup_printf ("Connecting to %s", settings_get (settings, SETTING_server));
  emit (event, conversion);

  if (!identity_load (settings, &run->identity, conversion->cancel, error))
    return FALSE;
  run->line = line_open (settings, run->identity, conversion->cancel, error);
  if (!run->line)
    return FALSE;
  g_autofree char *text = g_strdup_printf ("Logged in as %s", line_peer (run->line));
  emit_log (conversion, P2V_LOG_INFO, text);
  const char *clock = control_clock (line_control (run->line));
  if (clock)
    emit_log (conversion, P2V_LOG_WARNING, clock);
  if (clock) /* for the job's log */
    p2v_info ("%s", clock);
  return TRUE;
}

static AttendanceWaiting
waiting_policy (const Conversion *conversion)
{
  const char *word = settings_get (conversion->settings, SETTING_resume);
  if (g_str_equal (word, "no"))
    return WAITING_LEAVE;
  return conversion->asks && g_str_equal (word, "ask") ? WAITING_ASK : WAITING_ADOPT;
}

/* For conversion_decide, which may be called at any moment. */
static void
set_attendance (Conversion *conversion, Attendance *attendance)
{
  g_mutex_lock (&conversion->lock);
  conversion->attendance = attendance;
  g_mutex_unlock (&conversion->lock);
}

static gboolean
export_disks (Run *run, GError **error)
{
  Conversion *conversion = run->conversion;
  guint patience = (guint)settings_get_uint (conversion->settings, SETTING_reconnect);
  run->attendance = attendance_new (run->line, conversion->machine, patience, conversion->cancel,
                                    emit, conversion);
  attendance_set_waiting (run->attendance, waiting_policy (conversion));
  attendance_set_settings (run->attendance, conversion->settings);
  attendance_set_chooses (run->attendance, conversion->asks);
  set_attendance (conversion, run->attendance);
  run->export = export_start (conversion->machine, attendance_take_digests, run->attendance, error);
  attendance_set_export (run->attendance, run->export);
  return run->export != NULL;
}

static gboolean
start_job (Run *run, GError **error)
{
  Conversion *conversion = run->conversion;
  if (g_cancellable_is_cancelled (conversion->cancel)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return FALSE;
  }
  g_autoptr (JsonObject) settings = settings_to_json (conversion->settings);
  if (!attendance_start (run->attendance, settings, error))
    return FALSE;
  const char *job = attendance_job (run->attendance);
  if (job) {
    g_autofree char *text = g_strdup_printf ("The conversion server works on it as job %s", job);
    emit_log (conversion, P2V_LOG_INFO, text);
  }
  return TRUE;
}

/* A job that has finished before it read anything (preflight) needs no tunnel. */
static void
open_data_channels (Run *run)
{
  Conversion *conversion = run->conversion;
  const char *job = attendance_job (run->attendance);
  if (!job)
    return;
  run->tunnel =
      tunnel_open (conversion->settings, run->identity, job, export_sockets (run->export));
  attendance_set_tunnel (run->attendance, run->tunnel);
}

/* Once the server has a job, a failure here must not leave it behind: except by a
 * link that stays broken, which leaves it waiting. */
static gboolean
run_job (Run *run, GError **error)
{
  GError *cause = NULL;
  gboolean ok = start_job (run, &cause);
  if (ok)
    open_data_channels (run);
  if (ok && attendance_follow (run->attendance, &cause))
    return TRUE;
  if (!g_error_matches (cause, P2V_ERROR, P2V_ERROR_LINK))
    attendance_abandon (run->attendance);
  g_propagate_error (error, cause);
  return FALSE;
}

static JsonObject *
make_summary (Run *run)
{
  if (!run->attendance)
    return NULL;
  JsonObject *theirs = attendance_summary (run->attendance);
  JsonObject *summary = theirs ? json_object_ref (theirs) : json_object_new ();
  json_object_set_object_member (summary, "client", attendance_stats (run->attendance));
  return summary;
}

static void
take_down (Run *run)
{
  set_attendance (run->conversion, NULL);
  tunnel_free (run->tunnel);
  export_free (run->export); /* its thread feeds the attendance */
  attendance_free (run->attendance);
  line_free (run->line);
  identity_free (run->identity);
}

static gpointer
run_conversion (gpointer data)
{
  Conversion *conversion = data;
  Run run = {.conversion = conversion};
  GError *error = NULL;
  if (connect_server (&run, &error) && export_disks (&run, &error))
    (void)run_job (&run, &error);

  Event *event = event_new (EVENT_FINISHED);
  event->error = error;
  event->job = run.attendance ? g_strdup (attendance_job (run.attendance)) : NULL;
  event->summary = make_summary (&run);
  take_down (&run);
  emit (event, conversion);
  return NULL;
}

Conversion *
conversion_new (const Settings *settings, const P2vMachine *machine)
{
  Conversion *conversion = g_new0 (Conversion, 1);
  conversion->settings = settings;
  conversion->machine = machine;
  conversion->cancel = g_cancellable_new ();
  g_mutex_init (&conversion->lock);
  conversion->listener = g_atomic_rc_box_new0 (Listener);
  return conversion;
}

void
conversion_set_asks (Conversion *conversion)
{
  conversion->asks = TRUE;
}

void
conversion_decide (Conversion *conversion, gboolean adopt)
{
  g_mutex_lock (&conversion->lock);
  if (conversion->attendance)
    attendance_decide (conversion->attendance, adopt);
  g_mutex_unlock (&conversion->lock);
}

void
conversion_choose (Conversion *conversion, guint index)
{
  g_mutex_lock (&conversion->lock);
  if (conversion->attendance)
    attendance_choose (conversion->attendance, index);
  g_mutex_unlock (&conversion->lock);
}

void
conversion_unlock (Conversion *conversion, const char *passphrase)
{
  g_mutex_lock (&conversion->lock);
  if (conversion->attendance)
    attendance_unlock (conversion->attendance, passphrase);
  g_mutex_unlock (&conversion->lock);
}

void
conversion_start (Conversion *conversion, ConversionCallback callback, gpointer data)
{
  conversion->context = g_main_context_ref_thread_default ();
  guint64 bytes = 0;
  for (guint i = 0; i < conversion->machine->disks->len; i++)
    bytes += ((const P2vDisk *)g_ptr_array_index (conversion->machine->disks, i))->size;
  conversion->listener->teller =
      teller_new (conversion->context, bytes,
                  settings_get_size (conversion->settings, SETTING_bandwidth), callback, data);
  conversion->thread = g_thread_new ("conversion", run_conversion, conversion);
}

void
conversion_cancel (Conversion *conversion)
{
  g_cancellable_cancel (conversion->cancel);
}

void
conversion_free (Conversion *conversion)
{
  if (!conversion)
    return;
  conversion_cancel (conversion);
  g_clear_pointer (&conversion->listener->teller, teller_stop);
  if (conversion->thread)
    g_thread_join (conversion->thread);
  g_clear_pointer (&conversion->context, g_main_context_unref);
  g_atomic_rc_box_release (conversion->listener);
  g_object_unref (conversion->cancel);
  g_mutex_clear (&conversion->lock);
  g_free (conversion);
}
