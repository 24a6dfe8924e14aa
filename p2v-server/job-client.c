/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job's process hears from outside: its client, another run of it, and the
 * administrator's commands. */
#include "common/message.h"
#include "job-file.h"
#include "job-process.h"

JsonObject *
job_client_stopped (Process *process)
{
  JsonObject *message = p2v_message_new ("stopped");
  channel_put_error (message, process->error);
  return message;
}

gboolean
job_client_cures (const GError *error)
{
  return g_error_matches (error, P2V_ERROR, P2V_ERROR_SETTINGS) ||
         g_error_matches (error, P2V_ERROR, P2V_ERROR_NO_OS);
}

static void
on_cancel (gpointer data)
{
  job_process_cancel (data);
}

/* Something outside of the phases fails the job. */
static void
abort_job (Process *process, const GError *error)
{
  g_autofree char *sentence = p2v_error_sentence (error);
  p2v_warning ("%s", sentence);
  if (process->over)
    return;
  job_abort (process->job, error);
  job_process_cancel (process);
}

static void
on_attached (gpointer data)
{
  Process *process = data;
  p2v_info ("the client is connected");
  if (process->over)
    channel_send (process->job->state->channel, process->last);
  else if (!process->worker && !process->stopped && !process->cancelled)
    job_process_start (process);
  else if (process->worker && !process->cancelled)
    job_set_status (process->job, STATE_RUNNING, NULL, NULL);
}

void
job_client_lost (gpointer data)
{
  Process *process = data;
  if (process->over) {
    g_main_loop_quit (process->loop);
    return;
  }
  p2v_warning ("the client is lost");
  g_autofree char *remedy =
      g_strdup_printf ("It goes on as far as it can without it, and with it when it comes back; "
                       "\"p2v-server cancel %s\" ends it and removes what "
                       "it made.",
                       process->job->id);
  if (!process->cancelled && !process->stopped)
    job_set_status (process->job, STATE_WAITING, "The connection to the client is lost.", remedy);
}

static JsonObject *
taken_message (guint disk, guint64 records)
{
  JsonObject *message = p2v_message_new ("taken");
  json_object_set_int_member (message, "disk", disk);
  json_object_set_int_member (message, "records", (gint64)records);
  return message;
}

void
job_client_taken (guint disk, guint64 records, gpointer data)
{
  Process *process = data;
  g_autoptr (JsonObject) message = taken_message (disk, records);
  channel_send (process->job->state->channel, message);
}

/* What was taken, so that the client sends the rest again; and where the job stands. */
static GPtrArray *
on_greeting (gpointer data)
{
  Process *process = data;
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  for (guint i = 0; !process->over && i < process->job->disks->len; i++)
    g_ptr_array_add (messages, taken_message (i, digest_keeper_settle (process->keeper, i)));
  job_add_standing (process->job, messages);
  if (process->stopped)
    g_ptr_array_add (messages, job_client_stopped (process));
  return messages;
}

/* The phases cannot go on without a digest of all that is read, but they lose nothing: what
 * could not be written is kept. */
static void
on_digests (guint disk, const guint8 *records, gsize length, gpointer data)
{
  Process *process = data;
  g_autoptr (GError) error = NULL;
  if (disk >= process->job->disks->len) {
    p2v_set_error (&error, P2V_ERROR_PROTOCOL, NULL, "The client sent digests of a disk %u.", disk);
    abort_job (process, error);
    return;
  }
  if (process->over || process->cancelled ||
      digest_keeper_add (process->keeper, disk, records, length, &error) || process->told)
    return;
  job_process_halt (process, error);
}

static void
on_broken (const GError *error, gpointer data)
{
  abort_job (data, error);
}

/* Another run of the client: its disks are those of this machine, but nobody knows what was
 * written to them in between.  Before it may serve a single read the phases halt; they find
 * that the source is not trusted (recheck.h). */
static gboolean
on_adopt (const char *instance, gpointer data)
{
  Process *process = data;
  Job *job = process->job;
  g_autoptr (GError) error = NULL;
  if (process->over || process->cancelled)
    return FALSE;
  if (!job_file_replace_instance (job, instance, &error)) {
    g_autofree char *sentence = p2v_error_sentence (error);
    p2v_warning ("%s", sentence);
    return FALSE;
  }
  digest_keeper_reset (process->keeper);
  p2v_info ("another run of the client takes the job over");
  if (process->worker && !process->told) {
    process->again = TRUE;
    job_process_halt (process, NULL);
  } else if (process->stopped && job_client_cures (process->error)) {
    process->stopped = FALSE; /* on_attached goes on */
  }
  return TRUE;
}

/* FALSE when there is nothing to go on with. */
static gboolean
on_resume (const char *options, gpointer data)
{
  Process *process = data;
  if (!process->stopped || process->cancelled)
    return FALSE;
  g_autoptr (GError) error = NULL;
  if (*options && !job_file_set_option (process->job, options, &error)) {
    g_autofree char *sentence = p2v_error_sentence (error);
    p2v_warning ("%s", sentence);
    return FALSE;
  }
  p2v_info ("told to go on");
  job_process_start (process);
  return TRUE;
}

const ChannelEvents job_client_events = {.attached = on_attached,
                                         .lost = job_client_lost,
                                         .left = job_client_lost,
                                         .cancel = on_cancel,
                                         .digests = on_digests,
                                         .greeting = on_greeting,
                                         .adopt = on_adopt,
                                         .resume = on_resume,
                                         .broken = on_broken};
