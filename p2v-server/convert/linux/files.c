/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert.h"

/* Printed last. */
#define BESIDE_DONE "p2v: done"

void
convert_note (Convert *c, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  job_log (c->job, P2V_LOG_INFO, "  %s: %s", c->step, text);
}

void
convert_changed (Convert *c, const char *file, const char *what, const char *why)
{
  g_autofree char *safe_file = file ? g_utf8_make_valid (file, -1) : NULL;
  g_autofree char *safe_what = g_utf8_make_valid (what, -1);
  g_autofree char *safe_why = g_utf8_make_valid (why, -1);
  c->changes++;
  report_change (c->job->report, c->step, safe_file, safe_what, safe_why);
  convert_note (c, "%s%s%s", safe_file ? safe_file : "", safe_file ? ": " : "", safe_what);
}

gboolean
convert_failed (Convert *c, const char *what, GError **error)
{
  guest_error (c->guest, P2V_ERROR_CONVERT, what, error);
  return FALSE;
}

gboolean
convert_exists (Convert *c, const char *path)
{
  return guestfs_exists (c->g, path) == 1;
}

char **
convert_glob (Convert *c, const char *pattern)
{
  char **found = guestfs_glob_expand (c->g, pattern);
  return found ? found : g_new0 (char *, 1);
}

char *
convert_read (Convert *c, const char *path, GError **error)
{
  g_autoptr (GError) failed = NULL;
  char *text = guest_read (c->guest, path, &failed);
  if (failed) {
    g_propagate_error (error, g_steal_pointer (&failed));
    return NULL;
  }
  return text ? text : g_strdup ("");
}

static gboolean
make_parent (Convert *c, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  return guestfs_mkdir_p (c->g, folder) == 0 ||
         convert_failed (c, "A folder cannot be made in the guest", error);
}

gboolean
convert_keep_original (Convert *c, const char *path, GError **error)
{
  g_autofree char *copy = g_strconcat (CONVERT_ORIGINALS, path, NULL);
  if (convert_exists (c, copy) || !convert_exists (c, path))
    return TRUE;
  return make_parent (c, copy, error) &&
         (guestfs_cp_a (c->g, path, copy) == 0 ||
          convert_failed (c, "The original of a file cannot be kept", error));
}

gboolean
convert_write (Convert *c, const char *path, const char *text, int mode, GError **error)
{
  gboolean is_new = !convert_exists (c, path);
  if (is_new ? !make_parent (c, path, error) : !convert_keep_original (c, path, error))
    return FALSE;
  /* an existing file is overwritten in place: mode, owner and attributes stay */
  if (guestfs_write (c->g, path, text, strlen (text)) < 0 ||
      (is_new && guestfs_chmod (c->g, mode, path) < 0)) {
    g_autofree char *what = g_strdup_printf (N_ ("%s cannot be written"), path);
    return convert_failed (c, what, error);
  }
  return TRUE;
}

gboolean
convert_place (Convert *c, const char *path, const char *text, int mode, gboolean *made,
               GError **error)
{
  g_autofree char *present = convert_read (c, path, error);
  if (!present)
    return FALSE;
  *made = strcmp (present, text) != 0;
  return !*made || convert_write (c, path, text, mode, error);
}

static gboolean
program_failed (Convert *c, const char *const *argv, GError **error)
{
  g_autofree char *line = g_strjoinv (" ", (char **)argv);
  g_autofree char *what = g_strdup_printf (N_ ("The guest's \"%s\" failed"), line);
  return convert_failed (c, what, error);
}

gboolean
convert_run (Convert *c, const char *const *argv, char **output, GError **error)
{
  g_autofree char *result = guestfs_command (c->g, (char *const *)argv);
  if (!result)
    return program_failed (c, argv, error);
  if (output)
    *output = g_steal_pointer (&result);
  return TRUE;
}

static char *
quote_all (const char *const *argv)
{
  GString *line = g_string_new (NULL);
  for (guint i = 0; argv[i]; i++) {
    g_autofree char *word = g_shell_quote (argv[i]);
    g_string_append_printf (line, "%s%s", i ? " " : "", word);
  }
  return g_string_free (line, FALSE);
}

gboolean
convert_run_long (Convert *c, const char *const *argv, GError **error)
{
  g_autofree char *beside = g_steal_pointer (&c->beside);
  if (!beside)
    return convert_run (c, argv, NULL, error);
  g_autofree char *line = quote_all (argv);
  g_autofree char *script = g_strdup_printf ("%s >/dev/null 2>&1 & beside=$!\n%s\nstatus=$?\n"
                                             "wait $beside && echo " BESIDE_DONE "\nexit $status",
                                             beside, line);
  const char *const shell[] = {"sh", "-c", script, NULL};
  g_autofree char *result = guestfs_command (c->g, (char *const *)shell);
  if (!result)
    return program_failed (c, argv, error);
  c->beside_done = g_str_has_suffix (result, BESIDE_DONE "\n");
  return TRUE;
}
