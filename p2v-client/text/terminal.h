/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal on standard input and output: what it can show, and how large it is.  There
 * is one for each process, as there is only one newt. */
#pragma once
#include <glib.h>

typedef enum {
  TERMINAL_ASCII,    /* nothing else is sure to be shown */
  TERMINAL_ALPHABET, /* UTF-8, but nothing that is two columns wide (the Linux console) */
  TERMINAL_ALL,      /* UTF-8 */
} TerminalRange;

/* Asks the terminal by its cursor's position how it takes UTF-8, and how large it is when
 * nobody else knows (a serial line), and starts newt.  FALSE when it cannot move its cursor
 * ("dumb") or is not known. */
gboolean terminal_open (void);

/* Gives it back as it was. */
void terminal_close (void);

TerminalRange terminal_range (void);

/* It is a console of this machine, whose keyboard the kernel reads: not a serial line. */
gboolean terminal_has_keyboard (void);

/* TEXT in characters that the terminal can show (caller frees). */
char *terminal_text (const char *text);

/* Columns that it takes. */
int terminal_width (const char *text);

void terminal_size (int *columns, int *rows);
/* After a change of the size: begins with an empty screen of the new one. */
void terminal_resize (void);

/* SIGINT came since the last call. */
gboolean terminal_take_interrupt (void);
/* SIGTERM came: to be ended without a question. */
gboolean terminal_is_ended (void);

/* It hung up. */
void terminal_set_gone (void);
gboolean terminal_is_gone (void);
