/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job-state.h"
#include <string.h>
#include <time.h>
#include "common/message.h"
#include "target/target.h"

#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 4)

static void
job_disk_free (gpointer data)
{
  JobDisk *disk = data;
  g_free (disk->broker_socket);
  g_free (disk->cache);
  g_free (disk->cache_map);
  g_free (disk->overlay);
  g_free (disk->digests);
  g_free (disk->blockmap);
  g_free (disk->bad);
  g_free (disk->target_path);
  g_free (disk);
}

static char *
disk_path (const Job *job, guint index, const char *what)
{
  g_autofree char *name = g_strdup_printf ("d%u.%s", index, what);
  return job_path (job, name);
}

static void
add_disk (Job *job, guint index)
{
  JobDisk *disk = g_new0 (JobDisk, 1);
  disk->index = index;
  disk->source = g_ptr_array_index (job->machine->disks, index);
  disk->broker_socket = disk_path (job, index, "nbd");
  disk->cache = disk_path (job, index, "cache");
  disk->cache_map = disk_path (job, index, "map");
  disk->overlay = disk_path (job, index, "qcow2");
  disk->digests = disk_path (job, index, "digests");
  disk->blockmap = disk_path (job, index, "blockmap");
  disk->bad = disk_path (job, index, "bad");
  g_ptr_array_add (job->disks, disk);
}

static void
tell_warning (const char *text, gpointer data)
{
  job_log (data, P2V_LOG_WARNING, "%s", text);
}

static Job *
job_new (const char *dir)
{
  Job *job = g_new0 (Job, 1);
  job->dir = g_strdup (dir);
  job->id = g_path_get_basename (dir);
  job->disks = g_ptr_array_new_with_free_func (job_disk_free);
  job->cancel = g_cancellable_new ();
  job->again = PHASE_INSPECT;
  job->report = report_new ();
  report_on_warning (job->report, tell_warning, job);
  job->state = g_new0 (struct JobState, 1);
  g_mutex_init (&job->state->lock);
  return job;
}

void
job_free (Job *job)
{
  if (!job)
    return;
  target_free (job->target);
  state_free (job->state->record);
  g_clear_error (&job->state->fatal);
  g_clear_error (&job->state->reason);
  g_mutex_clear (&job->state->lock);
  g_free (job->state);
  g_clear_pointer (&job->settings, json_object_unref);
  g_clear_pointer (&job->info, guest_info_free);
  p2v_machine_free (job->machine);
  g_ptr_array_unref (job->disks);
  g_object_unref (job->cancel);
  report_free (job->report);
  g_free (job->id);
  g_free (job->instance);
  g_free (job->dir);
  g_free (job);
}

static gboolean
load_start (Job *job, JsonObject *start, GError **error)
{
  JsonObject *settings = p2v_json_object (start, "settings");
  JsonObject *machine = p2v_json_object (start, "machine");
  if (!settings || !machine) {
    p2v_set_error (error, P2V_ERROR_JOB, NULL, "job.json of job %s has no settings or no machine.",
                   job->id);
    return FALSE;
  }
  job->instance = g_strdup (p2v_json_string (start, "instance", ""));
  job->settings = json_object_ref (settings);
  job->machine = p2v_machine_from_json (machine, error);
  return job->machine != NULL;
}

Job *
job_imagine (const char *dir, JsonObject *start, GError **error)
{
  g_autoptr (Job) job = job_new (dir);
  if (!load_start (job, start, error))
    return NULL;
  for (guint i = 0; i < job->machine->disks->len; i++)
    add_disk (job, i);
  job->state->record = state_new (job->id, job->machine->name);
  return g_steal_pointer (&job);
}

Job *
job_load (const char *dir, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "job.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) root = NULL;
  if (g_file_get_contents (path, &text, NULL, &cause))
    root = json_from_string (text, &cause);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    p2v_set_error (error, P2V_ERROR_JOB, NULL, "%s cannot be read: %s.", path,
                   cause ? cause->message : "it holds no object");
    return NULL;
  }
  return job_imagine (dir, json_node_get_object (root), error);
}

const char *
job_setting (const Job *job, const char *name, const char *fallback)
{
  return p2v_json_string (job->settings, name, fallback);
}

char *
job_path (const Job *job, const char *name)
{
  return g_build_filename (job->dir, name, NULL);
}

gboolean
job_check_cancelled (Job *job, GError **error)
{
  if (!g_cancellable_is_cancelled (job->cancel))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
  return FALSE;
}

JsonObject *
job_query (Job *job, const char *what, guint timeout_s, GError **error)
{
  g_autoptr (JsonObject) query = p2v_message_new ("query");
  json_object_set_string_member (query, "what", what);
  return job_ask (job, query, timeout_s, error);
}

JsonObject *
job_ask (Job *job, JsonObject *query, guint timeout_s, GError **error)
{
  if (job->state->channel)
    return channel_query (job->state->channel, query, timeout_s, job->cancel, error);
  p2v_set_error (error, P2V_ERROR_LINK, NULL, "The client is not connected.");
  return NULL;
}

GPtrArray *
job_take_secrets (Job *job)
{
  return job->state->channel ? channel_take_secrets (job->state->channel) : NULL;
}

void
job_log (Job *job, P2vLogLevel level, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  p2v_log (level, "%s", text);
  if (level == P2V_LOG_DEBUG || !job->state->channel)
    return;
  g_autofree char *redacted = p2v_log_redact (text);
  g_autofree char *valid = g_utf8_make_valid (redacted, -1);
  g_autoptr (JsonObject) message = p2v_message_new ("log");
  json_object_set_string_member (message, "level", p2v_log_level_name (level));
  json_object_set_string_member (message, "text", valid);
  channel_send (job->state->channel, message);
}

/* What the file systems have in use: about that much will be copied. */
static guint64
used_bytes (const Job *job)
{
  guint64 bytes = 0;
  for (guint i = 0; i < job->disks->len; i++)
    bytes += ((const JobDisk *)g_ptr_array_index (job->disks, i))->used_bytes;
  return bytes;
}

static JsonObject *
phase_message (PhaseIndex index, guint64 bytes)
{
  JsonObject *message = p2v_message_new ("phase");
  json_object_set_string_member (message, "phase", phases[index].name);
  json_object_set_string_member (message, "words", phases[index].words);
  json_object_set_int_member (message, "index", index);
  json_object_set_int_member (message, "count", N_PHASES);
  if (bytes > 0)
    json_object_set_int_member (message, "bytes", (gint64)bytes);
  return message;
}

static JsonObject *
progress_message (const char *phase, const JobProgress *progress)
{
  JsonObject *message = p2v_message_new ("progress");
  json_object_set_string_member (message, "phase", phase);
  json_object_set_int_member (message, "done", (gint64)progress->done);
  json_object_set_int_member (message, "total", (gint64)progress->total);
  if (progress->link_total > 0) {
    json_object_set_int_member (message, "link_done", (gint64)progress->link_done);
    json_object_set_int_member (message, "link_total", (gint64)progress->link_total);
  }
  return message;
}

void
job_progress (Job *job, guint64 done, guint64 total)
{
  job_progress_bytes (job, &(JobProgress){.done = done, .total = total});
}

void
job_progress_bytes (Job *job, const JobProgress *progress)
{
  struct JobState *state = job->state;
  gint64 now = g_get_monotonic_time ();
  g_mutex_lock (&state->lock);
  state->progress = *progress;
  state->record->done = progress->done;
  state->record->total = progress->total;
  gboolean due =
      now - state->progress_sent >= PROGRESS_INTERVAL || progress->done >= progress->total;
  if (due)
    state->progress_sent = now;
  g_autofree char *phase = g_strdup (state->record->phase);
  g_mutex_unlock (&state->lock);
  if (!due || !state->channel)
    return;
  g_autoptr (JsonObject) message = progress_message (phase, progress);
  channel_send (state->channel, message);
}

/* Under the lock. */
static void
save_locked (Job *job)
{
  g_autoptr (GError) error = NULL;
  job->state->record->updated = time (NULL);
  if (state_write (job->state->record, job->dir, &error))
    return;
  g_autofree char *sentence = p2v_error_sentence (error);
  p2v_warning ("%s", sentence);
}

void
job_save (Job *job)
{
  g_mutex_lock (&job->state->lock);
  save_locked (job);
  g_mutex_unlock (&job->state->lock);
}

void
job_set_status (Job *job, const char *status, const char *message, const char *remedy)
{
  g_mutex_lock (&job->state->lock);
  state_set (&job->state->record->status, status);
  state_set (&job->state->record->message, message);
  state_set (&job->state->record->remedy, remedy);
  save_locked (job);
  g_mutex_unlock (&job->state->lock);
}

void
job_enter_phase (Job *job, PhaseIndex index)
{
  const Phase *phase = &phases[index];
  struct JobState *state = job->state;
  g_mutex_lock (&state->lock);
  state_set (&state->record->phase, phase->name);
  state_set (&state->record->again, phases[job->again].name);
  if (index > state->record->furthest) {
    state->record->furthest = index;
    state->record->revivals = 0;
  }
  state->record->done = state->record->total = 0;
  state->progress = (JobProgress){0};
  guint64 bytes = state->copy_bytes = used_bytes (job);
  state->progress_sent = 0;
  state->forward = TRUE;
  save_locked (job);
  g_mutex_unlock (&state->lock);
  p2v_info ("phase %s: %s", phase->name, phase->words);
  if (!state->channel)
    return;
  g_autoptr (JsonObject) message = phase_message (index, bytes);
  channel_send (state->channel, message);
}

void
job_add_standing (Job *job, GPtrArray *messages)
{
  struct JobState *state = job->state;
  g_mutex_lock (&state->lock);
  for (PhaseIndex i = 0; i < N_PHASES; i++)
    if (g_str_equal (phases[i].name, state->record->phase))
      g_ptr_array_add (messages, phase_message (i, state->copy_bytes));
  if (state->progress.total > 0)
    g_ptr_array_add (messages, progress_message (state->record->phase, &state->progress));
  g_mutex_unlock (&state->lock);
}

void
job_leave_phases (Job *job)
{
  g_mutex_lock (&job->state->lock);
  job->state->forward = FALSE;
  g_mutex_unlock (&job->state->lock);
}

gboolean
job_is_forward (Job *job)
{
  g_mutex_lock (&job->state->lock);
  gboolean forward = job->state->forward;
  g_mutex_unlock (&job->state->lock);
  return forward;
}

void
job_halt (Job *job, const GError *reason)
{
  g_mutex_lock (&job->state->lock);
  if (!job->state->halting && reason)
    job->state->reason = g_error_copy (reason);
  job->state->halting = TRUE;
  g_mutex_unlock (&job->state->lock);
  g_cancellable_cancel (job->cancel);
}

gboolean
job_is_halting (Job *job, GError **reason)
{
  g_mutex_lock (&job->state->lock);
  gboolean halting = job->state->halting;
  if (halting && job->state->reason && reason) {
    g_clear_error (reason);
    *reason = g_error_copy (job->state->reason);
  }
  g_mutex_unlock (&job->state->lock);
  return halting;
}

void
job_set_again (Job *job, PhaseIndex index)
{
  g_mutex_lock (&job->state->lock);
  job->again = index;
  state_set (&job->state->record->again, phases[index].name);
  save_locked (job);
  g_mutex_unlock (&job->state->lock);
}

void
job_set_complete (Job *job)
{
  g_mutex_lock (&job->state->lock);
  job->state->record->complete = TRUE;
  save_locked (job);
  g_mutex_unlock (&job->state->lock);
}

/* A new cancellable, for one that has fired cannot be taken back safely (GCancellable). */
void
job_renew (Job *job)
{
  g_mutex_lock (&job->state->lock);
  job->state->halting = FALSE;
  g_clear_error (&job->state->reason);
  g_mutex_unlock (&job->state->lock);
  g_object_unref (job->cancel);
  job->cancel = g_cancellable_new ();
}

void
job_abort (Job *job, const GError *error)
{
  g_mutex_lock (&job->state->lock);
  if (!job->state->fatal)
    job->state->fatal = g_error_copy (error);
  g_mutex_unlock (&job->state->lock);
  g_cancellable_cancel (job->cancel);
}
