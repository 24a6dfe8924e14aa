/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server job ID`: the main loop serves the control socket, a worker thread
 * runs the phases.  Started by daemon.c.
 *
 * Cancelling, from the client, from `p2v-server cancel` or by SIGTERM: the
 * cancellable fires (the brokers listen to it and fail all reads, so that
 * nothing waits for the physical machine), then every process of the job gets
 * SIGTERM, later SIGKILL, until the worker has come back from its phase; it
 * undoes the phases; then report, state, and the word to the client. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/message.h"
#include "common/unit.h"
#include "daemon.h"
#include "family.h"
#include "job-state.h"
#include "jobdir.h"
#include "subcommands.h"

#define SAVE_MS     1000 /* progress in state.json */
#define KILL_MS     250
#define PATIENCE_US (1 * G_USEC_PER_SEC) /* after SIGTERM */
#define ATTACH_S    30                   /* the session connects at once, unless it is cut */
#define BYE_S       10                   /* the client says bye at once */

typedef struct {
  Job *job;
  GMainLoop *loop;
  GThread *worker;
  GError *error;    /* of the phases; NULL when they are done */
  gboolean over;    /* the result is known to everybody */
  JsonObject *last; /* "finished", when over */
  gint64 cancelled; /* monotonic time, 0 not */
  guint64 saved;    /* progress in state.json */
} Process;

/* The client's summary is the report; a line has its limit. */
static JsonObject *
summary_of (Job *job)
{
  JsonObject *summary = report_to_json (job->report);
  g_autofree char *line = p2v_message_to_line (summary);
  if (strlen (line) > P2V_MESSAGE_MAX / 2)
    json_object_remove_member (summary, "changes");
  return summary;
}

/* "finished", also kept in the job's record: a client that lost its link before it
 * heard the word gets it from there. */
static JsonObject *
write_last_word (Job *job, const char *result, const GError *error)
{
  JsonObject *message = p2v_message_new ("finished");
  json_object_set_string_member (message, "result", result);
  if (error) {
    JsonObject *object = json_object_new ();
    channel_put_error (object, error);
    json_object_set_object_member (message, "error", object);
  }
  json_object_set_object_member (message, "summary", summary_of (job));
  g_autofree char *line = p2v_message_to_line (message);
  g_autofree char *path = job_path (job, "finished.json");
  g_autoptr (GError) cause = NULL;
  if (!g_file_set_contents_full (path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    p2v_warning ("%s", cause->message);
  return message;
}

static void
write_report (Job *job, const char *result, const GError *error)
{
  g_autoptr (GError) cause = NULL;
  report_text (job->report, "job", job->id);
  report_text (job->report, "guest", job->machine->name);
  report_text (job->report, "outcome", result);
  if (error) {
    g_autofree char *sentence = p2v_error_sentence (error);
    report_text (job->report, "error", sentence);
  }
  if (report_write (job->report, job->dir, &cause))
    return;
  g_autofree char *sentence = p2v_error_sentence (cause);
  p2v_warning ("%s", sentence);
}

static gboolean
on_no_bye (gpointer data)
{
  Process *process = data;
  g_main_loop_quit (process->loop);
  return G_SOURCE_REMOVE;
}

/* Everything is undone or done. */
static void
finish (Process *process)
{
  Job *job = process->job;
  const GError *error = process->error && job->state->fatal ? job->state->fatal : process->error;
  gboolean cancelled = error && g_error_matches (error, P2V_ERROR, P2V_ERROR_CANCELLED);
  const char *status = !error ? STATE_DONE : cancelled ? STATE_CANCELLED : STATE_FAILED;
  const char *result = !error ? "ok" : cancelled ? "cancelled" : "failed";
  g_autofree char *problem =
      error ? p2v_error_problem (error) : g_strdup ("The guest is finished.");
  g_autofree char *remedy = error ? p2v_error_remedy (error) : NULL;
  p2v_log (error && !cancelled ? P2V_LOG_ERROR : P2V_LOG_INFO, "%s: %s%s%s", result, problem,
           remedy ? " " : "", remedy ? remedy : "");
  write_report (job, result, error);
  jobdir_strip (job->dir);
  process->last = write_last_word (job, result, error);
  job_set_status (job, status, problem, remedy);
  process->over = TRUE;
  channel_send (job->state->channel, process->last);
  if (channel_is_attached (job->state->channel))
    g_timeout_add_seconds (BYE_S, on_no_bye, process);
  else
    g_main_loop_quit (process->loop);
}

static gboolean
on_worker_done (gpointer data)
{
  Process *process = data;
  g_thread_join (g_steal_pointer (&process->worker));
  finish (process);
  return G_SOURCE_REMOVE;
}

static gpointer
run_worker (gpointer data)
{
  Process *process = data;
  phases_run (process->job, &process->error);
  g_idle_add (on_worker_done, process);
  return NULL;
}

/* ---- cancelling ---- */

static gboolean
on_kill (gpointer data)
{
  Process *process = data;
  if (process->over)
    return G_SOURCE_REMOVE;
  gboolean patient = g_get_monotonic_time () - process->cancelled < PATIENCE_US;
  if (job_is_forward (process->job))
    family_signal (getsid (0), process->job->id, patient ? SIGTERM : SIGKILL);
  return G_SOURCE_CONTINUE;
}

static void
cancel (Process *process)
{
  if (process->cancelled || process->over)
    return;
  process->cancelled = g_get_monotonic_time ();
  job_log (process->job, P2V_LOG_INFO, "The job is being ended");
  g_cancellable_cancel (process->job->cancel);
  if (process->worker) {
    on_kill (process);
    g_timeout_add (KILL_MS, on_kill, process);
  } else {
    job_check_cancelled (process->job, &process->error);
    finish (process);
  }
}

static void
on_cancel (gpointer data)
{
  cancel (data);
}

static gboolean
on_signal (gpointer data)
{
  p2v_info ("told by a signal to end");
  cancel (data);
  return G_SOURCE_CONTINUE;
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
  cancel (process);
}

/* ---- the client ---- */

static void
on_attached (gpointer data)
{
  Process *process = data;
  p2v_info ("the client is connected");
  if (process->over) {
    channel_send (process->job->state->channel, process->last);
    return;
  }
  if (!process->cancelled)
    job_set_status (process->job, STATE_RUNNING, NULL, NULL);
  if (!process->worker)
    process->worker = g_thread_new ("phases", run_worker, process);
}

static void
on_lost (gpointer data)
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
  if (!process->cancelled)
    job_set_status (process->job, STATE_WAITING, "The connection to the client is lost.", remedy);
}

static JsonObject *
taken_message (guint disk, guint64 bytes)
{
  JsonObject *message = p2v_message_new ("taken");
  json_object_set_int_member (message, "disk", disk);
  json_object_set_int_member (message, "records", (gint64)(bytes / P2V_DIGEST_RECORD_SIZE));
  return message;
}

/* What was taken, so that the client sends the rest again; and where the job stands. */
static GPtrArray *
on_greeting (gpointer data)
{
  Process *process = data;
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  for (guint i = 0; !process->over && i < process->job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (process->job->disks, i);
    struct stat st;
    g_ptr_array_add (messages,
                     taken_message (i, stat (disk->digests, &st) == 0 ? (guint64)st.st_size : 0));
  }
  job_add_standing (process->job, messages);
  return messages;
}

/* Appends to the file of DISK; its length then, or -1 with errno. */
static off_t
keep_digests (const JobDisk *disk, const guint8 *records, gsize length)
{
  int fd = open (disk->digests, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  while (fd >= 0 && length > 0) {
    ssize_t n = write (fd, records, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      break;
    records += n;
    length -= (gsize)n;
  }
  struct stat st;
  off_t size = fd >= 0 && length == 0 && fstat (fd, &st) == 0 ? st.st_size : -1;
  int saved = errno;
  if (fd >= 0)
    close (fd);
  errno = saved;
  return size;
}

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
  if (process->over || process->cancelled)
    return;
  off_t size = keep_digests (g_ptr_array_index (process->job->disks, disk), records, length);
  if (size >= 0) {
    g_autoptr (JsonObject) message = taken_message (disk, (guint64)size);
    channel_send (process->job->state->channel, message);
    return;
  }
  p2v_set_error (&error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                 "Make room in the job directory.", "The client's digests cannot be kept: %s.",
                 g_strerror (errno));
  abort_job (process, error);
}

static void
on_broken (const GError *error, gpointer data)
{
  abort_job (data, error);
}

static const ChannelEvents events = {.attached = on_attached,
                                     .lost = on_lost,
                                     .left = on_lost,
                                     .cancel = on_cancel,
                                     .digests = on_digests,
                                     .greeting = on_greeting,
                                     .broken = on_broken};

/* ---- the process ---- */

/* No client has come at all: its session was cut between start and attach. */
static gboolean
on_late_client (gpointer data)
{
  Process *process = data;
  if (!process->worker && !process->over)
    on_lost (process);
  return G_SOURCE_REMOVE;
}

static gboolean
on_no_client (gpointer data)
{
  Process *process = data;
  if (!process->worker && !process->over) {
    p2v_set_error (&process->error, P2V_ERROR_LINK, "Start the conversion again.",
                   "The client was lost before the job began.");
    finish (process);
  }
  return G_SOURCE_REMOVE;
}

static gboolean
on_save (gpointer data)
{
  Process *process = data;
  guint64 done = process->job->state->record->done;
  if (!process->over && done != process->saved)
    job_save (process->job);
  process->saved = done;
  return G_SOURCE_CONTINUE;
}

/* Log, temporary files, state, control socket. */
static Job *
prepare (const char *id, Process *process, GError **error)
{
  g_autofree char *dir = jobdir_find (id, error);
  if (!dir)
    return NULL;
  g_autofree char *log_path = g_build_filename (dir, "log", NULL);
  int log = open (log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log < 0 || dup2 (log, STDOUT_FILENO) < 0 || dup2 (log, STDERR_FILENO) < 0) {
    p2v_set_error (error, errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_JOB, NULL,
                   "The log %s cannot be written: %s.", log_path, g_strerror (errno));
    return NULL;
  }
  p2v_log_open (log, P2V_LOG_DEBUG);
  g_autoptr (Job) job = job_load (dir, error);
  if (!job)
    return NULL;
  g_autofree char *tmp = job_path (job, "tmp");
  g_autofree char *control = job_path (job, "ctl.sock");
  g_mkdir_with_parents (tmp, 0700);
  g_setenv ("TMPDIR", tmp, TRUE);
  job->state->record->pid = getpid ();
  job->state->record->session = getsid (0);
  if (!state_write (job->state->record, job->dir, error))
    return NULL;
  job->state->channel = channel_listen (control, job->instance, &events, process, error);
  return job->state->channel ? g_steal_pointer (&job) : NULL;
}

static void
say_ready (const GError *error)
{
  g_autofree char *line = g_strdup ("ready\n");
  if (error) {
    g_autoptr (JsonObject) message = p2v_message_new ("error");
    channel_put_error (message, error);
    g_free (line);
    line = p2v_message_to_line (message);
  }
  if (write (DAEMON_READY_FD, line, strlen (line)) < 0)
    p2v_warning ("the session that started the job is gone");
  close (DAEMON_READY_FD);
}

static void
serve (Process *process)
{
  process->loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, process);
  g_unix_signal_add (SIGINT, on_signal, process);
  g_timeout_add (SAVE_MS, on_save, process);
  g_timeout_add_seconds (ATTACH_S, on_late_client, process);
  g_timeout_add_seconds (ATTACH_S + P2V_RECONNECT_S, on_no_client, process);
  g_main_loop_run (process->loop);
  g_main_loop_unref (process->loop);
}

int
command_job (int argc, char **argv)
{
  if (argc != 2 || fcntl (DAEMON_LOCK_FD, F_SETFD, FD_CLOEXEC) < 0 ||
      fcntl (DAEMON_READY_FD, F_SETFD, FD_CLOEXEC) < 0)
    return subcommand_usage ("job");
  signal (SIGPIPE, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  g_autoptr (GError) error = NULL;
  Process process = {.job = NULL};
  process.job = prepare (argv[1], &process, &error);
  say_ready (error);
  if (!process.job)
    return 1;
  serve (&process);
  channel_free (process.job->state->channel);
  gboolean ok = !process.error;
  g_clear_error (&process.error);
  g_clear_pointer (&process.last, json_object_unref);
  job_free (process.job);
  return ok ? 0 : 1;
}
