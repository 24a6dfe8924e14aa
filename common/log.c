/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "text.h"

#define MAX_SECRETS 16

static GMutex lock;
static int log_fd = STDERR_FILENO;
static P2vLogLevel log_level = P2V_LOG_INFO;
static char *secrets[MAX_SECRETS];
static guint n_secrets;

void
p2v_log_open (int fd, P2vLogLevel level)
{
  g_mutex_lock (&lock);
  log_fd = fd;
  log_level = level;
  g_mutex_unlock (&lock);
}

void
p2v_log_add_secret (const char *secret)
{
  if (!secret || !*secret)
    return;
  gsize length = strlen (secret) + 1;
  char *copy = mmap (NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED)
    return;
  (void)madvise (copy, length, MADV_DONTDUMP);
  (void)mlock (copy, length);
  memcpy (copy, secret, length);
  g_mutex_lock (&lock);
  if (n_secrets < MAX_SECRETS)
    secrets[n_secrets++] = copy;
  g_mutex_unlock (&lock);
}

void
p2v_log_forget_secrets (void)
{
  g_mutex_lock (&lock);
  while (n_secrets > 0) {
    char *secret = secrets[--n_secrets];
    gsize length = strlen (secret) + 1;
    explicit_bzero (secret, length);
    (void)munmap (secret, length);
  }
  g_mutex_unlock (&lock);
}

static char *
redact_locked (const char *text)
{
  g_autoptr (GString) out = g_string_new (text);
  for (guint i = 0; i < n_secrets; i++)
    g_string_replace (out, secrets[i], "********", 0);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
p2v_log_redact (const char *text)
{
  g_mutex_lock (&lock);
  char *out = redact_locked (text);
  g_mutex_unlock (&lock);
  return out;
}

const char *
p2v_log_level_name (P2vLogLevel level)
{
  static const char *const names[] = {"debug", "info", "warning", "error"};
  return names[level];
}

void
p2v_log (P2vLogLevel level, const char *format, ...)
{
  g_mutex_lock (&lock);
  if (level < log_level || log_fd < 0) {
    g_mutex_unlock (&lock);
    return;
  }
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *redacted = redact_locked (text);
  g_autofree char *clean = p2v_text_clean (redacted, "");
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *line =
      g_strdup_printf ("%s %-7s %s\n", stamp, p2v_log_level_name (level), clean);
  const char *p = line;
  gsize left = strlen (line);
  while (left > 0) {
    gssize n = write (log_fd, p, left);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    p += n;
    left -= (gsize)n;
  }
  g_mutex_unlock (&lock);
}
