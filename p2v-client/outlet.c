/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outlet.h"
#include "common/error.h"
#include "stick.h"
#include "remote-syslog.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define WAITING_MAX 2000
#define RETRY_S     5

typedef struct {
  P2vLogLevel level;
  gint64 time; /* microseconds since 1970 */
  char *text;
} Line;

struct Outlet {
  char *name;
  Syslog *syslog; /* this, or a file on a stick */
  Stick *stick;
  int fd;

  GThread *thread;
  GMutex lock; /* what is below */
  GCond changed;
  GQueue waiting; /* Line * */
  guint lost;     /* lines that did not fit */
  gboolean ending, ended;
};

static void
line_free (gpointer data)
{
  Line *line = data;
  g_free (line->text);
  g_free (line);
}

static Line *
line_new (P2vLogLevel level, const char *text)
{
  Line *line = g_new (Line, 1);
  *line = (Line){level, g_get_real_time (), g_strdup (text)};
  return line;
}

static gboolean
write_line (Outlet *outlet, const Line *line)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (line->time / G_USEC_PER_SEC);
  g_autofree char *stamp = when ? g_date_time_format (when, "%Y-%m-%dT%H:%M:%SZ") : g_strdup ("-");
  g_autofree char *text =
      g_strdup_printf ("%s %-7s %s\r\n", stamp, p2v_log_level_name (line->level), line->text);
  gsize length = strlen (text);
  /* The stick may be pulled out at any moment. */
  return write (outlet->fd, text, length) == (ssize_t)length && fdatasync (outlet->fd) == 0;
}

static gboolean
deliver (Outlet *outlet, const Line *line)
{
  if (!outlet->syslog)
    return write_line (outlet, line);
  g_autofree char *message = syslog_message (line->level, line->time, outlet->name, line->text);
  return syslog_send (outlet->syslog, message, NULL);
}

/* The next line to deliver, NULL at the end.  Under the lock. */
static Line *
next_line (Outlet *outlet)
{
  while (outlet->waiting.length == 0 && !outlet->ending)
    g_cond_wait (&outlet->changed, &outlet->lock);
  if (outlet->lost == 0)
    return g_queue_pop_head (&outlet->waiting);
  g_autofree char *text = g_strdup_printf ("%u lines are missing here", outlet->lost);
  outlet->lost = 0;
  return line_new (P2V_LOG_WARNING, text);
}

static gpointer
run (gpointer data)
{
  Outlet *outlet = data;
  Line *line;
  g_mutex_lock (&outlet->lock);
  while ((line = next_line (outlet))) {
    g_mutex_unlock (&outlet->lock);
    gboolean ok = deliver (outlet, line);
    g_mutex_lock (&outlet->lock);
    if (ok) {
      line_free (line);
      continue;
    }
    g_queue_push_head (&outlet->waiting, line);
    if (outlet->ending)
      break;
    (void)g_cond_wait_until (&outlet->changed, &outlet->lock,
                             g_get_monotonic_time () + RETRY_S * G_USEC_PER_SEC);
  }
  outlet->ended = TRUE;
  g_cond_broadcast (&outlet->changed);
  g_mutex_unlock (&outlet->lock);
  return NULL;
}

static gboolean
open_file (Outlet *outlet, const char *label, guint patience_s, GError **error)
{
  outlet->stick = stick_mount (label, TRUE, patience_s, error);
  if (!outlet->stick)
    return FALSE;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = g_date_time_format (now, "%Y%m%dT%H%M%SZ");
  g_autofree char *file = g_strdup_printf ("p2v-%s-%s.log", outlet->name, stamp);
  g_autofree char *path = g_build_filename (stick_path (outlet->stick), file, NULL);
  outlet->fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (outlet->fd >= 0)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_SETTINGS, "Make room on it, or take its write protection off.",
                 "The log %s cannot be written on the file system with label %s: %s.", file, label,
                 g_strerror (errno));
  return FALSE;
}

static void
outlet_free (Outlet *outlet)
{
  syslog_free (outlet->syslog);
  if (outlet->fd >= 0)
    close (outlet->fd);
  stick_free (outlet->stick);
  g_queue_clear_full (&outlet->waiting, line_free);
  g_mutex_clear (&outlet->lock);
  g_cond_clear (&outlet->changed);
  g_free (outlet->name);
  g_free (outlet);
}

Outlet *
outlet_open (const char *where, const char *name, guint patience_s, GError **error)
{
  Outlet *outlet = g_new0 (Outlet, 1);
  outlet->name = g_strdup (name);
  outlet->fd = -1;
  g_mutex_init (&outlet->lock);
  g_cond_init (&outlet->changed);
  g_queue_init (&outlet->waiting);
  SyslogPlace *place = syslog_place_parse (where);
  if (place) {
    outlet->syslog = syslog_new (place);
  } else if (!open_file (outlet, where + strlen ("LABEL="), patience_s, error)) {
    outlet_free (outlet);
    return NULL;
  }
  outlet->thread = g_thread_new ("log", run, outlet);
  return outlet;
}

void
outlet_take (Outlet *outlet, P2vLogLevel level, const char *text)
{
  g_mutex_lock (&outlet->lock);
  g_queue_push_tail (&outlet->waiting, line_new (level, text));
  if (outlet->waiting.length > WAITING_MAX) {
    line_free (g_queue_pop_head (&outlet->waiting));
    outlet->lost++;
  }
  /* Whoever waits to try again goes on waiting: its time is not up. */
  if (outlet->waiting.length == 1)
    g_cond_broadcast (&outlet->changed);
  g_mutex_unlock (&outlet->lock);
}

void
outlet_close (Outlet *outlet, gint64 end)
{
  g_mutex_lock (&outlet->lock);
  outlet->ending = TRUE;
  g_cond_broadcast (&outlet->changed);
  while (!outlet->ended && g_cond_wait_until (&outlet->changed, &outlet->lock, end))
    continue;
  gboolean ended = outlet->ended;
  g_mutex_unlock (&outlet->lock);
  if (!ended) {
    /* It hangs in a connection; the process ends anyway. */
    g_thread_unref (outlet->thread);
    return;
  }
  g_thread_join (outlet->thread);
  outlet_free (outlet);
}
