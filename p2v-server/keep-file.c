/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep-file.h"
#include "common/error.h"
#include <errno.h>
#include <string.h>

gboolean
keep_file_failed (const char *path, gboolean full, const char *why, GError **error)
{
  p2v_set_error (error, full ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                 full ? "Make room there, or set P2V_STATE_DIR to another directory."
                      : "Check the storage of the job directory on the conversion server.",
                 "%s cannot be written: %s.", path, why);
  return FALSE;
}

gboolean
keep_file (const char *path, const char *text, KeepWhere where, GError **error)
{
  GFileSetContentsFlags flags = G_FILE_SET_CONTENTS_CONSISTENT;
  if (where == KEEP_DURABLE)
    flags |= G_FILE_SET_CONTENTS_DURABLE;
  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, text, -1, flags, 0600, &cause))
    return TRUE;
  /* GLib has no code for a full quota, only the system's words. */
  gboolean full = g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ||
                  strstr (cause->message, g_strerror (EDQUOT));
  return keep_file_failed (path, full, cause->message, error);
}
