/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server cancel JOB`: tells the job's process to end and waits until it
 * has; cleans up itself after a process that is dead. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "family.h"
#include "job-state.h"
#include "jobdir.h"
#include "socket.h"
#include "subcommands.h"
#include "target/target.h"

#define ANSWER_MS 5000
/* An appliance that is emulated may take a while to go. */
#define WAIT_S  180
#define LOOK_US (G_USEC_PER_SEC / 10)

/* Keeps the connection, as the protocol wants it, until the process is gone. */
static gboolean
wait_until_gone (const char *dir, GError **error)
{
  gint64 end = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;
  while (jobdir_is_alive (dir)) {
    if (g_get_monotonic_time () > end) {
      g_autoptr (State) state = state_read (dir);
      g_autofree char *remedy = g_strdup_printf (
          "Look into its log; kill -KILL %" G_GINT64_FORMAT " and cancel it again.", state->pid);
      p2v_set_error (error, P2V_ERROR_JOB, remedy,
                     "The job was told to end %d seconds ago and has not.", WAIT_S);
      return FALSE;
    }
    g_usleep (LOOK_US);
  }
  return TRUE;
}

static gboolean
cancel_process (const char *dir, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "ctl.sock", NULL);
  int fd = socket_connect (path);
  g_autofree char *answer = fd >= 0 ? socket_ask (fd, "cancel", ANSWER_MS) : NULL;
  if (!answer)
    p2v_debug ("the job's process does not answer, it may be at its end");
  gboolean ok = wait_until_gone (dir, error);
  if (fd >= 0)
    close (fd);
  return ok;
}

/* What the dead process would have done. */
static gboolean
clean_up (const char *dir, const State *state, GError **error)
{
  int lock = jobdir_lock (dir);
  if (lock < 0)
    return cancel_process (dir, error);
  family_end (state);
  g_autoptr (GError) cause = NULL;
  g_autoptr (Job) job = job_load (dir, &cause);
  if (job) {
    p2v_log_open (STDERR_FILENO, P2V_LOG_WARNING);
    job->target = target_new (job, NULL);
    phases_undo_all (job);
    state_set (&job->state->record->phase, state->phase);
    job->state->record->since = state->since;
  }
  jobdir_strip (dir);
  if (job)
    job_set_status (job, STATE_CANCELLED, "The job was cancelled after its process had died.",
                    NULL);
  close (lock);
  if (job)
    return TRUE;
  /* Without its description there is nothing worth keeping. */
  return jobdir_remove (dir, error);
}

int
command_cancel (int argc, char **argv)
{
  if (argc != 2)
    return subcommand_usage ("cancel");
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = jobdir_find (argv[1], &error);
  if (!dir)
    return subcommand_failed (error);
  g_autoptr (State) before = state_read (dir);
  if (!state_is_open (before)) {
    g_autofree char *remedy =
        g_strdup_printf ("\"p2v-server clean %s\" removes its record.", before->id);
    p2v_set_error (&error, P2V_ERROR_JOB, remedy, "The job %s has ended already: %s.", before->id,
                   before->status);
    return subcommand_failed (error);
  }
  if (!(before->alive ? cancel_process (dir, &error) : clean_up (dir, before, &error)))
    return subcommand_failed (error);
  g_autoptr (State) after = state_read (dir);
  gboolean died = before->alive && state_is_open (after);
  if (died && !clean_up (dir, after, &error))
    return subcommand_failed (error);
  printf ("The job %s has ended: %s.\n", after->id,
          state_is_open (after) ? STATE_CANCELLED : after->status);
  return 0;
}
