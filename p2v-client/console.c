/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "common/log.h"
#include "sysfs.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A serial line that nobody listens to must not hold up the conversion. */
#define PATIENCE_MS 500

#define CLEAR_LINE "\r\033[K"

typedef struct {
  int fd;
  gboolean terminal;
  gboolean ours;   /* opened here */
  gboolean status; /* a status line is shown */
} Screen;

struct Console {
  GArray *screens; /* Screen */
};

static void
write_all (const Screen *screen, const char *text)
{
  gsize left = strlen (text);
  while (left > 0) {
    gssize n = write (screen->fd, text, left);
    if (n > 0) {
      text += n;
      left -= (gsize)n;
      continue;
    }
    struct pollfd pollfd = {.fd = screen->fd, .events = POLLOUT};
    if (errno != EINTR && (errno != EAGAIN || poll (&pollfd, 1, PATIENCE_MS) <= 0))
      return;
  }
}

static void
add_screen (Console *console, int fd, gboolean ours)
{
  Screen screen = {.fd = fd, .terminal = isatty (fd), .ours = ours};
  g_array_append_val (console->screens, screen);
}

/* Standard output may be one of the consoles. */
static gboolean
is_stdout (int fd)
{
  struct stat mine, other;
  return fstat (STDOUT_FILENO, &mine) == 0 && fstat (fd, &other) == 0 && S_ISCHR (mine.st_mode) &&
         mine.st_rdev == other.st_rdev;
}

static void
add_active (Console *console)
{
  g_autofree char *active = sysfs_read ("/sys/class/tty/console/active");
  g_auto (GStrv) names = g_strsplit (active ? active : "", " ", -1);
  for (guint i = 0; names[i]; i++) {
    g_autofree char *node =
        g_build_filename ("/dev", g_str_equal (names[i], "tty0") ? "tty1" : names[i], NULL);
    int fd = open (node, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && !is_stdout (fd))
      add_screen (console, fd, TRUE);
    else if (fd >= 0)
      close (fd);
  }
}

Console *
console_new (gboolean all_active)
{
  Console *console = g_new0 (Console, 1);
  console->screens = g_array_new (FALSE, FALSE, sizeof (Screen));
  add_screen (console, STDOUT_FILENO, FALSE);
  if (all_active)
    add_active (console);
  return console;
}

void
console_free (Console *console)
{
  if (!console)
    return;
  for (guint i = 0; i < console->screens->len; i++) {
    const Screen *screen = &g_array_index (console->screens, Screen, i);
    if (screen->ours)
      close (screen->fd);
  }
  g_array_unref (console->screens);
  g_free (console);
}

static void
print_on (Screen *screen, const char *text)
{
  g_autoptr (GString) out = g_string_new (screen->status ? CLEAR_LINE : "");
  g_string_append (out, text);
  g_string_append_c (out, '\n');
  /* A console that nobody has set up may not add the carriage return itself. */
  if (screen->ours)
    g_string_replace (out, "\n", "\r\n", 0);
  screen->status = FALSE;
  write_all (screen, out->str);
}

void
console_print (Console *console, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *clean = p2v_log_redact (text);
  for (guint i = 0; i < console->screens->len; i++)
    print_on (&g_array_index (console->screens, Screen, i), clean);
}

static guint
width_of (const Screen *screen)
{
  struct winsize size = {0};
  /* A serial line has no size of its own. */
  if (ioctl (screen->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

void
console_status (Console *console, const char *text)
{
  for (guint i = 0; i < console->screens->len; i++) {
    Screen *screen = &g_array_index (console->screens, Screen, i);
    if (!screen->terminal)
      continue;
    /* The last column would make some terminals begin a new line. */
    g_autofree char *cut =
        g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), (glong)width_of (screen) - 1));
    g_autofree char *line = g_strconcat (CLEAR_LINE, cut, NULL);
    screen->status = TRUE;
    write_all (screen, line);
  }
}

void
console_record (Console *console, const char *text)
{
  for (guint i = 0; i < console->screens->len; i++) {
    Screen *screen = &g_array_index (console->screens, Screen, i);
    if (!screen->terminal)
      print_on (screen, text);
  }
}
