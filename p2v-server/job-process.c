/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server job ID`: the main loop serves the control socket, a worker thread
 * runs the phases.  Started by daemon.c, for a new job or to go on with one.
 *
 * Three ways lead out of the phases before they are done:
 *   they fail       and undo what they did; report, state, the word to the client
 *   they are told   to end: by the client, by `p2v-server cancel`.  The cancellable fires
 *                   (the brokers listen to it and fail all reads, so that nothing waits for
 *                   the physical machine), then every process of the job gets SIGTERM, later
 *                   SIGKILL, until the worker has come back; then the same as above
 *   they halt       for what somebody has to put right, and everything is kept: the process
 *                   waits for `p2v-server resume`.  Also when another run of the client
 *                   takes the job over (the phases then go on at once), and by SIGTERM:
 *                   a server that shuts down ends the process, not the job */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "common/message.h"
#include "daemon.h"
#include "family.h"
#include "job-ending.h"
#include "job-process.h"
#include "jobdir.h"
#include "preflight.h"
#include "resume.h"
#include "subcommands.h"
#include "target/target.h"

#define SAVE_MS     1000 /* progress in state.json */
#define KILL_MS     250
#define PATIENCE_US (1 * G_USEC_PER_SEC) /* after SIGTERM */
#define ATTACH_S    30                   /* the session connects at once, unless it is cut */
#define BYE_S       10                   /* the client says bye at once */
#define ROOM_LEAST  (8ull << 20)         /* in the job directory, for state, log, digests */

#define RESERVE_BYTES (256u << 10)

static void start_undoing (Process *process);

/* ---- the end ---- */

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
  process->last = job_ending_write (job, error);
  process->over = TRUE;
  channel_send (job->state->channel, process->last);
  if (channel_is_attached (job->state->channel))
    g_timeout_add_seconds (BYE_S, on_no_bye, process);
  else
    g_main_loop_quit (process->loop);
}

/* ---- a halt ---- */

/* On a storage that is full nothing could be said of it: these bytes are given up then. */
static void
hold_reserve (const Job *job)
{
  static const char zeroes[RESERVE_BYTES];
  g_autofree char *path = job_path (job, "reserve");
  if (!g_file_set_contents_full (path, zeroes, sizeof zeroes, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    p2v_debug ("there is no room for a reserve");
}

static void
give_up_reserve (const Job *job)
{
  g_autofree char *path = job_path (job, "reserve");
  (void)unlink (path);
}

/* The words of the state and of the message. */
static void
explain_stop (Process *process)
{
  const char *id = process->job->id;
  g_autoptr (GError) cause = g_steal_pointer (&process->error);
  g_autofree char *problem = p2v_error_problem (cause);
  g_autofree char *remedy = p2v_error_remedy (cause);
  g_autofree char *accept =
      g_error_matches (cause, P2V_ERROR, P2V_ERROR_DISK)
          ? g_strdup_printf (N_ ("To go on with zeroes where nothing can be read: \"p2v-server "
                                 "resume --badblocks=zero %s\"."),
                             id)
          : NULL;
  g_autofree char *how =
      job_client_cures (cause)
          ? g_strdup (N_ ("Then the job goes on"))
          : g_strdup_printf (N_ ("Then \"p2v-server resume %s\" on the conversion server goes on "
                                 "with the job"),
                             id);
  g_autofree char *more =
      g_strdup_printf (N_ ("%s%s%s%s%s; nothing that was done is lost."), remedy ? remedy : "",
                       remedy ? "  " : "", accept ? accept : "", accept ? "  " : "", how);
  p2v_set_error (&process->error, (P2vErrorCode)cause->code, more, "%s", problem);
}

static void
stop (Process *process)
{
  Job *job = process->job;
  explain_stop (process);
  g_autofree char *problem = p2v_error_problem (process->error);
  g_autofree char *remedy = p2v_error_remedy (process->error);
  p2v_log (P2V_LOG_ERROR, "stopped: %s %s", problem, remedy);
  process->stopped = TRUE;
  give_up_reserve (job);
  job_set_status (job, STATE_STOPPED, problem, remedy);
  g_autoptr (JsonObject) message = job_client_stopped (process);
  channel_send (job->state->channel, message);
}

static void
leave (Process *process)
{
  job_set_status (process->job, STATE_STOPPED,
                  "The job's process was told to end, as when the conversion server shuts down.",
                  "It goes on when the client comes back, or with \"p2v-server resume\".");
  g_main_loop_quit (process->loop);
}

static void
halted (Process *process)
{
  process->told = 0;
  if (process->cancelled) {
    start_undoing (process);
    return;
  }
  job_renew (process->job);
  if (process->leaving) {
    leave (process);
  } else if (process->again) {
    process->again = FALSE;
    job_process_start (process);
  } else {
    stop (process);
  }
}

/* ---- the worker ---- */

static gboolean
on_worker_done (gpointer data)
{
  Process *process = data;
  g_thread_join (g_steal_pointer (&process->worker));
  if (process->result == PHASES_HALTED)
    halted (process);
  else
    finish (process);
  return G_SOURCE_REMOVE;
}

static gpointer
run_worker (gpointer data)
{
  Process *process = data;
  process->result = phases_run (process->job, &process->error);
  g_idle_add (on_worker_done, process);
  return NULL;
}

/* What stopped is undone as by a new process of the job. */
static gpointer
undo_worker (gpointer data)
{
  Process *process = data;
  Job *job = process->job;
  if (!job->target)
    job->target = target_new (job, NULL);
  phases_undo_all (job);
  process->result = PHASES_FAILED;
  g_idle_add (on_worker_done, process);
  return NULL;
}

static void
start_undoing (Process *process)
{
  g_clear_error (&process->error);
  job_check_cancelled (process->job, &process->error);
  process->worker = g_thread_new ("undo", undo_worker, process);
}

void
job_process_start (Process *process)
{
  Job *job = process->job;
  process->stopped = FALSE;
  g_clear_error (&process->error);
  hold_reserve (job);
  job_set_status (job, channel_is_attached (job->state->channel) ? STATE_RUNNING : STATE_WAITING,
                  NULL, NULL);
  process->worker = g_thread_new ("phases", run_worker, process);
}

/* ---- told to end or to halt ---- */

static gboolean
on_kill (gpointer data)
{
  Process *process = data;
  if (process->over || !process->told)
    return G_SOURCE_REMOVE;
  gboolean patient = g_get_monotonic_time () - process->told < PATIENCE_US;
  if (job_is_forward (process->job))
    family_signal (getsid (0), process->job->id, patient ? SIGTERM : SIGKILL);
  return G_SOURCE_CONTINUE;
}

static void
hurry (Process *process)
{
  if (process->told)
    return;
  process->told = g_get_monotonic_time ();
  on_kill (process);
  g_timeout_add (KILL_MS, on_kill, process);
}

void
job_process_cancel (Process *process)
{
  if (process->cancelled || process->over)
    return;
  process->cancelled = TRUE;
  job_log (process->job, P2V_LOG_INFO, "The job is being ended");
  g_cancellable_cancel (process->job->cancel);
  if (process->worker)
    hurry (process);
  else
    start_undoing (process);
}

void
job_process_halt (Process *process, const GError *reason)
{
  if (!process->worker || process->cancelled)
    return;
  job_halt (process->job, reason);
  hurry (process);
}

static gboolean
on_signal (gpointer data)
{
  Process *process = data;
  p2v_info ("told by a signal to end");
  process->leaving = TRUE;
  if (process->worker)
    job_process_halt (process, NULL);
  else if (!process->over)
    leave (process);
  return G_SOURCE_CONTINUE;
}

/* ---- the process ---- */

/* No client has come at all: its session was cut between start and attach. */
static gboolean
on_late_client (gpointer data)
{
  Process *process = data;
  if (!process->worker && !process->stopped && !process->over)
    job_client_lost (process);
  return G_SOURCE_REMOVE;
}

static gboolean
on_no_client (gpointer data)
{
  Process *process = data;
  if (!process->worker && !process->stopped && !process->over) {
    p2v_set_error (&process->error, P2V_ERROR_LINK, "Start the conversion again.",
                   "The client was lost before the job began.");
    finish (process);
  }
  return G_SOURCE_REMOVE;
}

/* An appliance whose disk is on a full storage stands still for ever (QEMU's werror=enospc), so
 * that is not waited for. */
static void
check_room (Process *process)
{
  g_autoptr (GError) error = NULL;
  guint64 room = 0;
  if (!process->worker || process->told || !preflight_free_bytes (process->job->dir, &room, NULL) ||
      room >= ROOM_LEAST)
    return;
  p2v_set_error (&error, P2V_ERROR_SPACE, "Make room there.",
                 "The job directory %s is full: %" G_GUINT64_FORMAT " KiB are left.",
                 process->job->dir, room >> 10);
  job_process_halt (process, error);
}

static gboolean
on_save (gpointer data)
{
  Process *process = data;
  check_room (process);
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
  resume_recall (job);
  process->keeper = digest_keeper_new (job, job_client_taken, process, error);
  if (!process->keeper)
    return NULL;
  g_autofree char *tmp = job_path (job, "tmp");
  g_autofree char *control = job_path (job, "ctl.sock");
  g_mkdir_with_parents (tmp, 0700);
  g_setenv ("TMPDIR", tmp, TRUE);
  job->state->record->pid = getpid ();
  job->state->record->session = getsid (0);
  if (!state_write (job->state->record, job->dir, error))
    return NULL;
  job->state->channel =
      channel_listen (control, &job->instance, &job_client_events, process, error);
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
  const State *record = process->job->state->record;
  process->loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, process);
  g_unix_signal_add (SIGINT, on_signal, process);
  g_timeout_add (SAVE_MS, on_save, process);
  g_timeout_add_seconds (ATTACH_S, on_late_client, process);
  g_timeout_add_seconds (ATTACH_S + P2V_RECONNECT_S, on_no_client, process);
  /* A job that has begun need not wait for its client with what it can do alone. */
  if (record->complete) {
    target_settle (process->job);
    finish (process);
  } else if (*record->phase) {
    job_process_start (process);
  }
  if (!process->over || channel_is_attached (process->job->state->channel))
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
  digest_keeper_free (process.keeper);
  channel_free (process.job->state->channel);
  gboolean ok = !process.error;
  g_clear_error (&process.error);
  g_clear_pointer (&process.last, json_object_unref);
  job_free (process.job);
  return ok ? 0 : 1;
}
