/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts a byte stream into lines of bounded length. */
#pragma once
#include <glib.h>

typedef struct P2vLines P2vLines;

P2vLines *p2v_lines_new (gsize longest);
void p2v_lines_free (P2vLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (P2vLines, p2v_lines_free)

/* Adds bytes.  FALSE with P2V_ERROR_PROTOCOL when a line grows beyond the limit,
 * and for a NUL. */
gboolean p2v_lines_push (P2vLines *lines, const void *data, gsize length, GError **error);

/* The next whole line without its newline (caller frees), or NULL. */
char *p2v_lines_pop (P2vLines *lines);
