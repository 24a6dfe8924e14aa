/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the small files of a job directory, each as a whole or not at all. */
#pragma once
#include <glib.h>

typedef enum {
  KEEP_NORMAL, /* a loss of power may take it back */
  KEEP_DURABLE /* on stable storage when the call returns */
} KeepWhere;

/* Replaces PATH by TEXT, readable for its owner only.  P2V_ERROR_SPACE when the storage or
 * the user's quota is full, P2V_ERROR_IO; both name PATH. */
gboolean keep_file (const char *path, const char *text, KeepWhere where, GError **error);

/* The same errors for a PATH that could not be written because of WHY.  Returns FALSE. */
gboolean keep_file_failed (const char *path, gboolean full, const char *why, GError **error);
