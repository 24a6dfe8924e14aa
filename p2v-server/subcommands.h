/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of subcommands: dispatch and help come from it.  Each command has a
 * file of its name; ARGV[0] is the name, and the result the exit status: 0, 1
 * when it failed (said on stderr), 2 when it was called wrongly. */
#pragma once
#include <glib.h>

typedef struct {
  const char *name;
  const char *arguments; /* for the help */
  const char *words;     /* what it does; NULL: only p2v-server itself calls it */
  int (*run) (int argc, char **argv);
} Subcommand;

int command_session (int argc, char **argv);
int command_data (int argc, char **argv);
int command_restricted (int argc, char **argv);
int command_job (int argc, char **argv);
int command_list (int argc, char **argv);
int command_show (int argc, char **argv);
int command_log (int argc, char **argv);
int command_cancel (int argc, char **argv);
int command_resume (int argc, char **argv); /* resume-command.c */
int command_clean (int argc, char **argv);
int command_doctor (int argc, char **argv);
int command_support (int argc, char **argv);
int command_verify (int argc, char **argv); /* verify-command.c; statuses of its own */

/* Runs the command that ARGV names. */
int subcommands_run (int argc, char **argv);

/* Says ERROR on stderr and returns 1. */
int subcommand_failed (const GError *error);

/* Says how the command NAME is called, on stderr, and returns 2. */
int subcommand_usage (const char *name);
