/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/error.h"
#include "common/message.h"
#include "family.h"

#define READY_MS 30000

/* Above the numbers that the job's process expects. */
#define SPARE_FD 10

/* After fork: only async-signal-safe calls. */
G_NORETURN static void
become_job (char *const argv[], char *const envp[], int lock_fd, int ready_fd)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  lock_fd = fcntl (lock_fd, F_DUPFD, SPARE_FD);
  ready_fd = fcntl (ready_fd, F_DUPFD, SPARE_FD);
  if (null < 0 || lock_fd < 0 || ready_fd < 0)
    _exit (126);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (dup2 (null, fd) < 0)
      _exit (126);
  if (dup2 (lock_fd, DAEMON_LOCK_FD) < 0 || dup2 (ready_fd, DAEMON_READY_FD) < 0 ||
      close_range (DAEMON_READY_FD + 1, ~0u, 0) < 0 || chdir ("/") < 0)
    _exit (126);
  execve ("/proc/self/exe", argv, envp);
  _exit (126);
}

/* What the job's process says, up to the end. */
static char *
listen_to (int fd)
{
  g_autoptr (GString) said = g_string_new (NULL);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  char buffer[4096];
  while (said->len < P2V_MESSAGE_MAX && poll (&wait, 1, READY_MS) > 0) {
    ssize_t n = read (fd, buffer, sizeof buffer);
    if (n <= 0)
      break;
    g_string_append_len (said, buffer, n);
  }
  return g_string_free (g_steal_pointer (&said), FALSE);
}

static gboolean
understand (const char *said, GError **error)
{
  if (g_str_equal (said, "ready\n"))
    return TRUE;
  g_autoptr (JsonObject) message = p2v_message_parse (said, strlen (said), P2V_FROM_SERVER, NULL);
  if (message)
    p2v_set_error (error, p2v_error_code_from_name (p2v_json_string (message, "code", "")),
                   p2v_json_string (message, "remedy", NULL), "%s",
                   p2v_json_string (message, "problem", ""));
  else
    p2v_set_error (error, P2V_ERROR_INTERNAL, "Run \"p2v-server doctor\" on the conversion server.",
                   "The process of the job did not start.");
  return FALSE;
}

/* What a job must not inherit from its login: the agent's keys. */
static char **
job_environment (const char *id)
{
  char **env = g_environ_unsetenv (g_get_environ (), "SSH_AUTH_SOCK");
  return g_environ_setenv (env, FAMILY_VARIABLE, id, TRUE);
}

gboolean
daemon_start (const char *id, int lock_fd, GError **error)
{
  g_auto (GStrv) env = job_environment (id);
  char *argv[] = {(char *)"p2v-server", (char *)"job", (char *)id, NULL};
  int ready[2];
  pid_t child = pipe2 (ready, O_CLOEXEC) == 0 ? fork () : -1;
  if (child < 0) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "The job cannot be started: %s.",
                   g_strerror (errno));
    return FALSE;
  }
  if (child == 0) {
    /* The second fork gives up the lead of the new session, so that the job can
     * never get a terminal. */
    if (setsid () < 0)
      _exit (126);
    pid_t job = fork ();
    if (job == 0)
      become_job (argv, env, lock_fd, ready[1]);
    _exit (job < 0 ? 126 : 0);
  }
  close (ready[1]);
  while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
    continue;
  g_autofree char *said = listen_to (ready[0]);
  close (ready[0]);
  return understand (said, error);
}
