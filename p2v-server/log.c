/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server log [-f] JOB`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "jobdir.h"
#include "subcommands.h"

#define LOOK_US (G_USEC_PER_SEC / 4)

/* The log holds what programs said about a guest that nobody vouches for: on a
 * terminal it must not be able to do anything. */
static void
tame (char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (text[i]) && text[i] != '\n' && text[i] != '\t')
      text[i] = '?';
}

/* FALSE when nobody reads any more. */
static gboolean
copy_rest (int fd)
{
  char buffer[65536];
  ssize_t n;
  while ((n = read (fd, buffer, sizeof buffer)) > 0) {
    if (isatty (STDOUT_FILENO))
      tame (buffer, (gsize)n);
    if (fwrite (buffer, 1, (size_t)n, stdout) != (size_t)n)
      return FALSE;
  }
  return fflush (stdout) == 0;
}

int
command_log (int argc, char **argv)
{
  gboolean follow = argc == 3 && strcmp (argv[1], "-f") == 0;
  if (argc != (follow ? 3 : 2))
    return subcommand_usage ("log");
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = jobdir_find (argv[argc - 1], &error);
  if (!dir)
    return subcommand_failed (error);
  g_autofree char *path = g_build_filename (dir, "log", NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    p2v_set_error (&error, P2V_ERROR_JOB, NULL, "The log %s cannot be read: %s.", path,
                   g_strerror (errno));
    return subcommand_failed (error);
  }
  gboolean alive, ok;
  do {
    alive = follow && jobdir_is_alive (dir); /* asked first: then nothing is missed */
    ok = copy_rest (fd);
    if (alive)
      g_usleep (LOOK_US);
  } while (ok && alive);
  close (fd);
  return ok ? 0 : 1;
}
