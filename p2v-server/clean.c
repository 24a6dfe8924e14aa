/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server clean JOB|--all`: removes the records of jobs that have ended. */
#include <stdio.h>
#include <string.h>
#include "common/error.h"
#include "jobdir.h"
#include "state.h"
#include "subcommands.h"

/* FALSE with P2V_ERROR_JOB for a job that has not ended. */
static gboolean
clean_one (const char *dir, GError **error)
{
  g_autoptr (State) state = state_read (dir);
  if (!state_is_open (state)) {
    if (!jobdir_remove (dir, error))
      return FALSE;
    printf ("The record of job %s (%s) is removed.\n", state->id, state->status);
    return TRUE;
  }
  g_autofree char *remedy =
      g_strdup_printf ("\"p2v-server cancel %s\" ends it and removes what it made.", state->id);
  p2v_set_error (error, P2V_ERROR_JOB, remedy, "The job %s has not ended: it is %s.", state->id,
                 state->status);
  return FALSE;
}

static int
clean_all (GError **error)
{
  g_autofree char *root = jobdir_root (error);
  g_auto (GStrv) ids = root ? jobdir_list (error) : NULL;
  if (!ids)
    return subcommand_failed (*error);
  for (guint i = 0; ids[i]; i++) {
    g_autofree char *dir = g_build_filename (root, ids[i], NULL);
    g_autoptr (GError) refused = NULL;
    if (!clean_one (dir, &refused)) {
      g_autofree char *problem = p2v_error_problem (refused);
      printf ("%s\n", problem);
    }
  }
  return 0;
}

int
command_clean (int argc, char **argv)
{
  if (argc != 2)
    return subcommand_usage ("clean");
  g_autoptr (GError) error = NULL;
  if (strcmp (argv[1], "--all") == 0)
    return clean_all (&error);
  g_autofree char *dir = jobdir_find (argv[1], &error);
  if (!dir || !clean_one (dir, &error))
    return subcommand_failed (error);
  return 0;
}
