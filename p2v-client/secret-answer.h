/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer that holds secrets, made in memory that is neither swapped nor dumped. */
#pragma once
#include <glib.h>

/* "answer" to the query ID with {"passphrases": LIST}, and "leave" if LEAVE, as a line with its
 * newline; secret_answer_free wipes it.  What is not UTF-8 is left out: no message can hold it. */
char *secret_answer_new (gint64 id, char **list, gboolean leave);
void secret_answer_free (char *line);
