/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks.h"
#include "common/error.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct {
  GMainLoop *loop;
  char *output;
  GError *cause;
} Wait;

/* A group of its own, so that what the command starts can be ended with it. */
static void
lead_group (gpointer data)
{
  (void)data;
  (void)setpgid (0, 0);
}

static void
ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Wait *wait = data;
  (void)g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &wait->output, NULL,
                                              &wait->cause);
  g_main_loop_quit (wait->loop);
}

static gboolean
explain (const char *argument, GSubprocess *process, const GError *cause, GError **error)
{
  g_autofree char *how = NULL;
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The command of %s= was cancelled.", argument);
    return FALSE;
  }
  if (cause)
    how = g_strdup_printf ("failed: %s", cause->message);
  else if (g_subprocess_get_if_exited (process))
    how = g_strdup_printf ("ended with status %d", g_subprocess_get_exit_status (process));
  else
    how = g_strdup_printf ("was killed by signal %d", g_subprocess_get_term_sig (process));
  p2v_set_error (error, P2V_ERROR_SETTINGS, "Correct the command, or leave the argument out.",
                 "The command of %s= %s.", argument, how);
  return FALSE;
}

gboolean
hooks_run (const char *argument, const char *command, char **output, GCancellable *cancel,
           GError **error)
{
  const char *argv[] = {"/bin/sh", "-c", command, NULL};
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_subprocess_launcher_set_child_setup (launcher, lead_group, NULL, NULL);
  *output = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_launcher_spawnv (launcher, argv, &cause);
  if (!process)
    return explain (argument, NULL, cause, error);

  const char *pid = g_subprocess_get_identifier (process);
  pid_t group = pid ? (pid_t)strtol (pid, NULL, 10) : 0;
  Wait wait = {.loop = g_main_loop_new (NULL, FALSE)};
  g_subprocess_communicate_utf8_async (process, NULL, cancel, ended, &wait);
  g_main_loop_run (wait.loop);
  g_main_loop_unref (wait.loop);
  cause = wait.cause;
  if (cause && group > 1)
    (void)kill (-group, SIGKILL);
  (void)g_subprocess_wait (process, NULL, NULL);
  *output = wait.output;
  if (cause || !g_subprocess_get_successful (process))
    return explain (argument, process, cause, error);
  return TRUE;
}
