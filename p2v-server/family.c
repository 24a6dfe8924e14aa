/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "family.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sixth field of /proc/PID/stat; fields are counted after the name in
 * parentheses, which may hold any character (proc(5)).  -1 for a zombie. */
static int
session_of (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "stat", NULL);
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return -1;
  const char *name_end = strrchr (text, ')');
  char state;
  int session;
  if (!name_end || sscanf (name_end + 1, " %c %*d %*d %d", &state, &session) != 2)
    return -1;
  return state == 'Z' ? -1 : session;
}

/* Numbers are used again; the variable proves that it is the job's. */
static gboolean
has_mark (const char *pid, const char *mark)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "environ", NULL);
  g_autofree char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents (path, &text, &length, NULL))
    return FALSE;
  for (const char *p = text; p < text + length; p += strlen (p) + 1)
    if (strcmp (p, mark) == 0)
      return TRUE;
  return FALSE;
}

guint
family_signal (pid_t session, const char *id, int sig)
{
  g_autofree char *mark = g_strconcat (FAMILY_VARIABLE "=", id, NULL);
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  guint found = 0;
  const char *name;
  while (proc && (name = g_dir_read_name (proc))) {
    int pid = g_ascii_isdigit (*name) ? atoi (name) : 0;
    if (pid <= 0 || pid == getpid () || session_of (name) != session || !has_mark (name, mark))
      continue;
    found++;
    (void)kill (pid, sig);
  }
  return found;
}

void
family_end (const State *state)
{
  if (state->session <= 0)
    return;
  for (guint i = 0; i < 50 && family_signal ((pid_t)state->session, state->id, SIGKILL) > 0; i++)
    g_usleep (G_USEC_PER_SEC / 10);
}
