/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of foreign origin, for terminals and logs. */
#pragma once
#include <glib.h>

/* TEXT as valid UTF-8 in which everything that does not print is a blank, but
 * for the characters in KEEP ("\n", or ""): nothing in it can steer a terminal.
 * Caller frees. */
char *p2v_text_clean (const char *text, const char *keep);

/* The same on one line, and of a long one only the beginning, with an ellipsis: what somebody
 * has typed, to be repeated in a sentence.  Caller frees. */
char *p2v_text_brief (const char *text);
