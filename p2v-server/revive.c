/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "revive.h"
#include <signal.h>
#include <unistd.h>
#include "common/error.h"
#include "common/message.h"
#include "daemon.h"
#include "family.h"
#include "jobdir.h"

#define REVIVALS_MAX 5u

static gboolean
start (const char *dir, State *state, GError **error)
{
  int lock = jobdir_lock (dir);
  if (lock < 0)
    return TRUE; /* somebody was faster */
  family_end (state);
  /* "Running": the new process says what is true as soon as it is there. */
  state_set (&state->status, STATE_RUNNING);
  state_set (&state->message, NULL);
  state_set (&state->remedy, NULL);
  gboolean ok = state_write (state, dir, error) && daemon_start (state->id, lock, error);
  close (lock);
  return ok;
}

static State *
read_open (const char *dir, GError **error)
{
  State *state = state_read (dir);
  if (state_is_open (state))
    return state;
  p2v_set_error (error, P2V_ERROR_JOB, "Start the conversion again.", "The job %s has ended: %s.",
                 state->id, state->message ? state->message : state->status);
  state_free (state);
  return NULL;
}

gboolean
revive (const char *dir, GError **error)
{
  g_autoptr (State) state = read_open (dir, error);
  if (!state)
    return FALSE;
  state->revivals = 0;
  return start (dir, state, error);
}

gboolean
revive_for_client (const char *dir, GError **error)
{
  g_autoptr (State) state = read_open (dir, error);
  if (!state)
    return FALSE;
  if (state->revivals >= REVIVALS_MAX) {
    g_autofree char *remedy = g_strdup_printf (
        "Look into its log (p2v-server log %s); \"p2v-server resume %s\" tries once more.",
        state->id, state->id);
    p2v_set_error (error, P2V_ERROR_JOB, remedy,
                   "The process of the job %s died %u times without getting further.", state->id,
                   REVIVALS_MAX);
    return FALSE;
  }
  state->revivals++;
  return start (dir, state, error);
}
