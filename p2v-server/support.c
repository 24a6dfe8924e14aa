/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server support [--keep] JOB`: all that somebody who is to help has to see of a job,
 * and what its client wants to be kept beside it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "jobdir.h"
#include "subcommands.h"

/* Both logs and some pages more; the client's end of it is support.c there. */
#define KEEP_MAX  (32u * 1024u * 1024u)
#define KEEP_NAME "support.txt"

static int
print_all (char *job)
{
  char show[] = "show", log[] = "log";
  char *const show_argv[] = {show, job, NULL}, *const log_argv[] = {log, job, NULL};
  printf ("p2v-server %s\n\n", P2V_VERSION);
  int status = command_show (2, (char **)show_argv);
  if (status != 0)
    return status;
  printf ("\nLog of the job\n");
  return command_log (2, (char **)log_argv);
}

/* Standard input, at most KEEP_MAX of it, into FD. */
static gboolean
take_input (int fd)
{
  char buffer[65536];
  gsize kept = 0;
  ssize_t n;
  while ((n = read (STDIN_FILENO, buffer, sizeof buffer)) > 0 && kept + (gsize)n <= KEEP_MAX) {
    if (write (fd, buffer, (size_t)n) != n)
      return FALSE;
    kept += (gsize)n;
  }
  errno = n > 0 ? EFBIG : errno;
  return n == 0;
}

static int
keep (const char *dir)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (dir, KEEP_NAME, NULL);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && take_input (fd);
  int saved = errno;
  if (fd >= 0)
    close (fd);
  if (ok) {
    printf ("%s\n", path);
    return 0;
  }
  p2v_set_error (&error, P2V_ERROR_SPACE, "Look whether there is space left.",
                 "%s cannot be written: %s.", path, g_strerror (saved));
  return subcommand_failed (error);
}

int
command_support (int argc, char **argv)
{
  gboolean keeps = argc == 3 && strcmp (argv[1], "--keep") == 0;
  if (argc != (keeps ? 3 : 2))
    return subcommand_usage ("support");
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = jobdir_find (argv[argc - 1], &error);
  if (!dir)
    return subcommand_failed (error);
  return keeps ? keep (dir) : print_all (argv[1]);
}
