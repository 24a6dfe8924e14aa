/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a run without a person is shown: standard output and, on the image, every
 * console of the kernel at once.  A terminal has a status line at the bottom that
 * is written over; elsewhere (a file, a pipe, the journal) there are only lines. */
#pragma once
#include <glib.h>

typedef struct Console Console;

/* ALL_ACTIVE: also those of /sys/class/tty/console/active, "tty0" meaning tty1.
 * One that cannot be opened is left out. */
Console *console_new (gboolean all_active);

/* Leaves the status line as it is. */
void console_free (Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Console, console_free)

/* One or more lines, everywhere.  Secrets known to the log are replaced. */
void console_print (Console *console, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The status line of terminals, cut to their width. */
void console_status (Console *console, const char *text);

/* One line where there is no status line. */
void console_record (Console *console, const char *text);
