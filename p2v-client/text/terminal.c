/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "terminal.h"
#include <fcntl.h>
#include <glib-unix.h>
#include <langinfo.h>
#include <linux/kd.h>
#include <locale.h>
#include <newt.h>
#include <poll.h>
#include <signal.h>
#include <slang.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* Long enough for a serial line behind a BMC. */
#define ANSWER_MS 700

static struct {
  TerminalRange range;
  gboolean interrupted, ended, gone;
  guint on_int, on_term;
  int errors; /* what standard error was; -1: still is */
} terminal;

/* ---- asking it ---- */

/* Sends TEXT and asks where the cursor is then ("ESC [ row ; column R", ECMA-48 CPR, which
 * the VT100 has already).  FALSE when it does not say. */
static gboolean
ask (const char *text, int *row, int *column)
{
  char answer[64] = "";
  gsize length = 0;
  struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
  g_autofree char *question = g_strdup_printf ("%s\033[6n", text);
  if (write (STDOUT_FILENO, question, strlen (question)) < 0)
    return FALSE;
  while (length < sizeof answer - 1 && poll (&wait, 1, ANSWER_MS) > 0) {
    if (read (STDIN_FILENO, answer + length, 1) != 1)
      return FALSE;
    answer[++length] = '\0';
    const char *begin = strrchr (answer, '\033');
    if (begin && sscanf (begin, "\033[%d;%d", row, column) == 2 && answer[length - 1] == 'R')
      return TRUE;
  }
  return FALSE;
}

static TerminalRange
measure_range (void)
{
  int row, one = 0, two = 0;
  const char *name = g_getenv ("TERM");
  gboolean console = name && g_str_has_prefix (name, "linux");
  if (!g_str_equal (nl_langinfo (CODESET), "UTF-8") || !ask ("\r\xc3\xbc", &row, &one) || one != 2)
    return TERMINAL_ASCII;
  /* It counts two columns as well, but its font has 512 characters at most. */
  if (console)
    return TERMINAL_ALPHABET;
  return ask ("\r\xe3\x81\x82", &row, &two) && two == 3 ? TERMINAL_ALL : TERMINAL_ALPHABET;
}

static void
measure_size (void)
{
  struct winsize size = {0};
  int rows, columns;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
    return;
  if (!ask ("\033[999;999H", &rows, &columns) || rows < 10 || columns < 40)
    rows = 24, columns = 80;
  size.ws_row = (unsigned short)rows;
  size.ws_col = (unsigned short)columns;
  (void)ioctl (STDOUT_FILENO, TIOCSWINSZ, &size);
}

static void
measure (void)
{
  struct termios old, raw;
  if (tcgetattr (STDIN_FILENO, &old) != 0)
    return;
  raw = old;
  cfmakeraw (&raw);
  (void)tcsetattr (STDIN_FILENO, TCSAFLUSH, &raw);
  measure_size ();
  terminal.range = measure_range ();
  (void)!write (STDOUT_FILENO, "\r  \r", 4);
  (void)tcsetattr (STDIN_FILENO, TCSAFLUSH, &old);
}

/* ---- opening and closing ---- */

static gboolean
take_signal (gpointer data)
{
  terminal.interrupted = TRUE;
  if (GPOINTER_TO_INT (data) == SIGTERM)
    terminal.ended = TRUE;
  return G_SOURCE_CONTINUE;
}

/* What libraries say there would stand in the middle of the window. */
static void
hide_errors (void)
{
  terminal.errors = -1;
  if (!isatty (STDERR_FILENO))
    return;
  int nowhere = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  terminal.errors = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (nowhere >= 0 && terminal.errors >= 0)
    (void)dup2 (nowhere, STDERR_FILENO);
  if (nowhere >= 0)
    close (nowhere);
}

gboolean
terminal_open (void)
{
  /* newt ends the program where this fails. */
  if (SLtt_initialize (NULL) < 0)
    return FALSE;
  measure ();
  /* newt and S-Lang go by the environment, whatever the program has set. */
  if (terminal.range == TERMINAL_ASCII)
    g_setenv ("LC_ALL", "C", TRUE);
  if (newtInit () != 0)
    return FALSE;
  (void)setlocale (LC_NUMERIC, "C");
  newtCls ();
  hide_errors ();
  terminal.on_int = g_unix_signal_add (SIGINT, take_signal, GINT_TO_POINTER (SIGINT));
  terminal.on_term = g_unix_signal_add (SIGTERM, take_signal, GINT_TO_POINTER (SIGTERM));
  (void)signal (SIGHUP, SIG_IGN); /* a line that hangs up ends no conversion */
  return TRUE;
}

void
terminal_close (void)
{
  g_clear_handle_id (&terminal.on_int, g_source_remove);
  g_clear_handle_id (&terminal.on_term, g_source_remove);
  newtFinished ();
  if (terminal.errors >= 0) {
    (void)dup2 (terminal.errors, STDERR_FILENO);
    close (terminal.errors);
  }
}

/* ---- texts and sizes ---- */

TerminalRange
terminal_range (void)
{
  return terminal.range;
}

/* ioctl_console(2). */
gboolean
terminal_has_keyboard (void)
{
  char type = 0;
  return ioctl (STDIN_FILENO, KDGKBTYPE, &type) == 0 && (type == KB_101 || type == KB_84);
}

char *
terminal_text (const char *text)
{
  return terminal.range == TERMINAL_ASCII ? g_str_to_ascii (text, "C") : g_strdup (text);
}

int
terminal_width (const char *text)
{
  int width = 0;
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    int columns = wcwidth ((wchar_t)g_utf8_get_char (p));
    width += MAX (columns, 0);
  }
  return width;
}

/* newt's own figure changes only with terminal_resize. */
void
terminal_size (int *columns, int *rows)
{
  struct winsize size = {0};
  newtGetScreenSize (columns, rows);
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    *columns = size.ws_col;
    *rows = size.ws_row;
  }
}

void
terminal_resize (void)
{
  newtResizeScreen (0);
  SLsmg_reinit_smg (); /* newt leaves its picture of the screen as large as it was */
  newtCls ();
}

gboolean
terminal_take_interrupt (void)
{
  gboolean was = terminal.interrupted;
  terminal.interrupted = terminal.ended;
  return was;
}

gboolean
terminal_is_ended (void)
{
  return terminal.ended;
}

void
terminal_set_gone (void)
{
  terminal.gone = TRUE;
}

gboolean
terminal_is_gone (void)
{
  return terminal.gone;
}
