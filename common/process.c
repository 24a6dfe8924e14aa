/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"
#include "error.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Between fork and exec: only async-signal-safe calls. */
static void
die_with_parent (gpointer data G_GNUC_UNUSED)
{
  (void)prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
explain_spawn (const char *const *argv, GError *cause, GError **error)
{
  p2v_set_error (error, P2V_ERROR_INTERNAL,
                 "Run p2v-server doctor on the conversion server to see what is missing.",
                 "%s cannot be started: %s.", argv[0], cause->message);
  return FALSE;
}

gboolean
p2v_process_run (const char *const *argv, char **output, GCancellable *cancel, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      (output ? G_SUBPROCESS_FLAGS_STDOUT_PIPE : G_SUBPROCESS_FLAGS_STDOUT_SILENCE) |
      G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  g_autoptr (GSubprocess) process = g_subprocess_launcher_spawnv (launcher, argv, &cause);
  if (!process)
    return explain_spawn (argv, cause, error);

  g_autoptr (GBytes) out = NULL, err = NULL;
  if (!g_subprocess_communicate (process, NULL, cancel, &out, &err, &cause)) {
    g_subprocess_force_exit (process);
    (void)g_subprocess_wait (process, NULL, NULL);
    if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
    else
      p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "%s: %s.", argv[0], cause->message);
    return FALSE;
  }
  gsize length = 0;
  const char *text = g_bytes_get_data (err, &length);
  g_autofree char *complaint = g_strstrip (g_strndup (text ? text : "", length));
  g_strdelimit (complaint, "\n\r", ' ');
  if (!g_subprocess_get_successful (process)) {
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
    } else if (g_subprocess_get_if_exited (process)) {
      p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "%s failed with status %d: %s", argv[0],
                     g_subprocess_get_exit_status (process), complaint);
    } else {
      p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "%s was ended by signal %d. %s", argv[0],
                     g_subprocess_get_term_sig (process), complaint);
    }
    return FALSE;
  }
  if (*complaint)
    p2v_debug ("%s: %s", argv[0], complaint);
  if (output) {
    text = g_bytes_get_data (out, &length);
    *output = g_strndup (text ? text : "", length);
  }
  return TRUE;
}

GSubprocess *
p2v_process_spawn (const char *const *argv, int log_fd, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      log_fd < 0 ? G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE
                 : G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  if (log_fd >= 0) {
    g_subprocess_launcher_take_stdout_fd (launcher, fcntl (log_fd, F_DUPFD_CLOEXEC, 3));
    g_subprocess_launcher_take_stderr_fd (launcher, fcntl (log_fd, F_DUPFD_CLOEXEC, 3));
  }
  GSubprocess *process = g_subprocess_launcher_spawnv (launcher, argv, &cause);
  if (!process)
    explain_spawn (argv, cause, error);
  return process;
}

/* GLib reaps a GSubprocess by itself and then forgets its number. */
static gboolean
has_ended (GSubprocess *process)
{
  return g_subprocess_get_identifier (process) == NULL;
}

void
p2v_process_stop (GSubprocess *process, guint grace_ms)
{
  if (!process || has_ended (process))
    return;
  g_subprocess_send_signal (process, SIGTERM);
  for (guint waited = 0; waited < grace_ms && !has_ended (process); waited += 20)
    g_usleep (20 * 1000);
  if (!has_ended (process))
    g_subprocess_force_exit (process);
  (void)g_subprocess_wait (process, NULL, NULL);
}

static gboolean
accepts (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen (path) >= sizeof address.sun_path)
    return FALSE;
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  gboolean ok = connect (fd, (struct sockaddr *)&address, sizeof address) == 0;
  close (fd);
  return ok;
}

gboolean
p2v_process_wait_socket (GSubprocess *process, const char *path, guint timeout_ms,
                         GCancellable *cancel, GError **error)
{
  for (guint waited = 0;; waited += 20) {
    if (accepts (path))
      return TRUE;
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
      return FALSE;
    }
    if (process && has_ended (process)) {
      p2v_set_error (error, P2V_ERROR_INTERNAL, "Look into the log for what it printed.",
                     "The program that should serve %s ended at once.", path);
      return FALSE;
    }
    if (waited >= timeout_ms) {
      p2v_set_error (error, P2V_ERROR_INTERNAL, "Look into the log for what it printed.",
                     "Nothing serves %s after %u seconds.", path, timeout_ms / 1000);
      return FALSE;
    }
    g_usleep (20 * 1000);
  }
}

char *
p2v_process_libdir (void)
{
  const char *given = g_getenv ("P2V_LIBDIR");
  if (given)
    return g_strdup (given);
  g_autofree char *exe = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *bin = g_path_get_dirname (exe ? exe : "/usr/bin/p2v");
  g_autofree char *prefix = g_path_get_dirname (bin);
  return g_build_filename (prefix, "lib", "p2v", NULL);
}
