/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A secret in memory of its own: in no core dump, not swapped where the user may lock
 * memory, and wiped when it is given back. */
#pragma once
#include <glib.h>

/* A copy of TEXT, never NULL.  It keeps its length until p2v_secret_free. */
char *p2v_secret_new (const char *text);

/* NULL is ignored. */
void p2v_secret_free (char *secret);
