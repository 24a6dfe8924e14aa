/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passphrases in a line of the client's: taken out before anything that leaves copies of what it
 * reads, like the parser of JSON, sees the line. */
#pragma once
#include <glib.h>

/* Takes the strings of the array that follows "passphrases": in LINE, an "answer" as the client
 * writes it (without spaces around the colon), and puts spaces in their place.  char *,
 * p2v_secret_new (caller unrefs); NULL when there is no such array.  What is no array of strings
 * becomes spaces to the line's end, which then is no message. */
GPtrArray *secret_line_take (char *line);
