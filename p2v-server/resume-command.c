/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server resume [--badblocks=zero] JOB`: goes on with a job that stopped or whose process
 * is gone. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "job-file.h"
#include "job-state.h"
#include "jobdir.h"
#include "revive.h"
#include "socket.h"
#include "subcommands.h"

#define ANSWER_MS 10000

static gboolean
not_stopped (const State *state, GError **error)
{
  g_autofree char *remedy = g_strdup_printf ("\"p2v-server show %s\" says where it is.", state->id);
  p2v_set_error (error, P2V_ERROR_JOB, remedy, "The job %s need not be resumed: it is %s.",
                 state->id, state->status);
  return FALSE;
}

/* Says LINE to the job's process. */
static gboolean
tell_process (const char *dir, const State *state, const char *line, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "ctl.sock", NULL);
  int fd = socket_connect (path);
  g_autofree char *answer = fd >= 0 ? socket_ask (fd, line, ANSWER_MS) : NULL;
  if (fd >= 0)
    close (fd);
  return g_strcmp0 (answer, "resuming") == 0 || not_stopped (state, error);
}

static gboolean
resume (const char *dir, const char *option, GError **error)
{
  g_autofree char *line = g_strdup_printf ("resume%s%s", option ? " " : "", option ? option : "");
  g_autoptr (State) state = state_read (dir);
  if (state->alive)
    return tell_process (dir, state, line, error);
  if (option) {
    g_autoptr (Job) job = job_load (dir, error);
    if (!job || !job_file_set_option (job, option, error))
      return FALSE;
  }
  return revive (dir, error);
}

int
command_resume (int argc, char **argv)
{
  gboolean zero = argc == 3 && strcmp (argv[1], "--badblocks=zero") == 0;
  if (argc != (zero ? 3 : 2) || argv[argc - 1][0] == '-')
    return subcommand_usage ("resume");
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = jobdir_find (argv[argc - 1], &error);
  if (!dir || !resume (dir, zero ? "badblocks=zero" : NULL, &error))
    return subcommand_failed (error);
  printf ("The job %s goes on.\n", argv[argc - 1]);
  return 0;
}
