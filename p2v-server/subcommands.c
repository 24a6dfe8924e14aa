/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subcommands.h"
#include <stdio.h>
#include <string.h>
#include "common/error.h"

static const Subcommand table[] = {
    {"list", "[--json]", "all jobs, with phase and progress", command_list},
    {"show", "JOB", "everything about one job, with its report", command_show},
    {"log", "[-f] JOB", "the log of a job; -f goes on until it ends", command_log},
    {"support", "[--keep] JOB", "show and log in one; --keep puts standard input beside them",
     command_support},
    {"cancel", "JOB", "ends a job and removes what it made", command_cancel},
    {"resume", "[--badblocks=zero] JOB", "goes on with a job that stopped or died", command_resume},
    {"clean", "JOB|--all", "removes the records of jobs that have ended", command_clean},
    {"verify", "IMAGE [MANIFEST]", "is a finished image still what was verified?", command_verify},
    {"doctor", "", "checks this machine and says what is missing", command_doctor},
    {"session", "", "control channel of a client; started over SSH", command_session},
    {"data", "JOB DISK", "data channel of a client; started over SSH", command_data},
    {"restricted", "", "for command= in authorized_keys: only session, data, support",
     command_restricted},
    {"job", "JOB", NULL, command_job},
};

static const Subcommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (strcmp (table[i].name, name) == 0)
      return &table[i];
  return NULL;
}

static int
print_help (void)
{
  printf ("Usage: p2v-server COMMAND [ARGUMENT…]\n\n"
          "The conversion server's side of p2v: physical machines become KVM guests.\n\n");
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    if (!table[i].words)
      continue;
    g_autofree char *call = g_strconcat (table[i].name, " ", table[i].arguments, NULL);
    printf ("  %-31s %s\n", call, table[i].words);
  }
  printf ("  %-31s %s\n  %-31s %s\n\nMore in p2v-server(8).\n", "--help", "this text", "--version",
          "the version");
  return 0;
}

int
subcommand_failed (const GError *error)
{
  g_autofree char *problem = p2v_error_problem (error);
  g_autofree char *remedy = p2v_error_remedy (error);
  fprintf (stderr, "p2v-server: %s\n%s%s", problem, remedy ? remedy : "", remedy ? "\n" : "");
  return 1;
}

int
subcommand_usage (const char *name)
{
  fprintf (stderr, "Usage: p2v-server %s %s\n", name, find_command (name)->arguments);
  return 2;
}

int
subcommands_run (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0 || strcmp (name, "help") == 0)
    return print_help ();
  if (strcmp (name, "--version") == 0) {
    printf ("p2v-server %s\n", P2V_VERSION);
    return 0;
  }
  const Subcommand *command = find_command (name);
  if (command)
    return command->run (argc - 1, argv + 1);
  if (*name)
    fprintf (stderr, "p2v-server: there is no command \"%s\".\n", name);
  fprintf (stderr, "\"p2v-server --help\" lists the commands.\n");
  return 2;
}
