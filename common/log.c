/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "secret.h"
#include "text.h"

#define MAX_SECRETS 256

static GMutex lock;
static int log_fd = STDERR_FILENO;
static P2vLogLevel log_level = P2V_LOG_INFO;
static char *secrets[MAX_SECRETS];
static guint n_secrets;
static P2vLogSink log_sink;
static gpointer sink_data;
static GQueue kept = G_QUEUE_INIT; /* Kept * */
static guint keep;

typedef struct {
  P2vLogLevel level;
  char *text;
} Kept;

void
p2v_log_open (int fd, P2vLogLevel level)
{
  g_mutex_lock (&lock);
  log_fd = fd;
  log_level = level;
  g_mutex_unlock (&lock);
}

/* Whoever tries again in a dialog says the same once more. */
static gboolean
is_known (const char *secret)
{
  gboolean known = FALSE;
  g_mutex_lock (&lock);
  for (guint i = 0; i < n_secrets && !known; i++)
    known = strcmp (secrets[i], secret) == 0;
  g_mutex_unlock (&lock);
  return known;
}

void
p2v_log_add_secret (const char *secret)
{
  if (!secret || !*secret || is_known (secret))
    return;
  g_mutex_lock (&lock);
  if (n_secrets < MAX_SECRETS)
    secrets[n_secrets++] = p2v_secret_new (secret);
  g_mutex_unlock (&lock);
}

void
p2v_log_forget_secrets (void)
{
  g_mutex_lock (&lock);
  while (n_secrets > 0)
    p2v_secret_free (secrets[--n_secrets]);
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
p2v_log_set_sink (P2vLogSink sink, gpointer data)
{
  g_mutex_lock (&lock);
  log_sink = sink;
  sink_data = data;
  g_mutex_unlock (&lock);
}

static Kept *
pop_kept (void)
{
  return g_queue_pop_head (&kept);
}

static void
kept_free (Kept *line)
{
  g_free (line->text);
  g_free (line);
}

void
p2v_log_keep (guint count)
{
  g_mutex_lock (&lock);
  keep = count;
  while (kept.length > keep)
    kept_free (pop_kept ());
  g_mutex_unlock (&lock);
}

char *
p2v_log_take_kept (P2vLogLevel *level)
{
  g_mutex_lock (&lock);
  g_autofree Kept *line = pop_kept ();
  g_mutex_unlock (&lock);
  if (!line)
    return NULL;
  *level = line->level;
  return line->text;
}

static void
keep_locked (P2vLogLevel level, const char *text)
{
  Kept *line = g_new (Kept, 1);
  *line = (Kept){level, g_strdup (text)};
  g_queue_push_tail (&kept, line);
  while (kept.length > keep)
    kept_free (pop_kept ());
}

static void
write_locked (P2vLogLevel level, const char *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *line = g_strdup_printf ("%s %-7s %s\n", stamp, p2v_log_level_name (level), text);
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
}

static void log_line (P2vLogLevel level, gboolean told, const char *format, va_list args)
    G_GNUC_PRINTF (3, 0);

static void
log_line (P2vLogLevel level, gboolean told, const char *format, va_list args)
{
  g_mutex_lock (&lock);
  gboolean written = !told && level >= log_level && log_fd >= 0;
  gboolean heard = level >= P2V_LOG_INFO && (log_sink || (keep > 0 && !told));
  if (written || heard) {
    g_autofree char *text = g_strdup_vprintf (format, args);
    g_autofree char *redacted = redact_locked (text);
    g_autofree char *clean = p2v_text_clean (redacted, "");
    if (written)
      write_locked (level, clean);
    if (heard && keep > 0 && !told)
      keep_locked (level, clean);
    if (heard && log_sink)
      log_sink (level, clean, told, sink_data);
  }
  g_mutex_unlock (&lock);
}

void
p2v_log (P2vLogLevel level, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  log_line (level, FALSE, format, args);
  va_end (args);
}

void
p2v_log_tell (P2vLogLevel level, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  log_line (level, TRUE, format, args);
  va_end (args);
}
