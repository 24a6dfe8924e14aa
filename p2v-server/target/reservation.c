/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reservation.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

char **
reservation_read (const char *path, const char *word)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autofree char *text = NULL;
  if (g_file_get_contents (path, &text, NULL, NULL)) {
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    gsize length = strlen (word);
    for (guint i = 0; lines[i]; i++)
      if (g_str_has_prefix (lines[i], word) && lines[i][length] == ' ')
        g_strv_builder_add (values, lines[i] + length + 1);
  }
  return g_strv_builder_end (values);
}

gboolean
reservation_is_ours (const char *path, const char *id)
{
  g_auto (GStrv) jobs = reservation_read (path, "job");
  return jobs[0] && g_str_equal (jobs[0], id);
}

static gboolean
write_line (int fd, const char *word, const char *value)
{
  g_autofree char *line = g_strdup_printf ("%s %s\n", word, value);
  gsize length = strlen (line);
  gssize written = write (fd, line, length);
  if (written >= 0 && (gsize)written < length)
    errno = ENOSPC;
  return written == (gssize)length && fdatasync (fd) == 0;
}

static gboolean
taken_by_other (const char *path, const Job *job, GError **error)
{
  g_auto (GStrv) jobs = reservation_read (path, "job");
  const char *other = jobs[0] ? jobs[0] : "unknown";
  g_autofree char *all_jobs = g_path_get_dirname (job->dir);
  g_autofree char *other_dir = g_build_filename (all_jobs, other, NULL);
  g_autofree char *remedy = NULL;
  if (jobs[0] && g_file_test (other_dir, G_FILE_TEST_IS_DIR))
    remedy = g_strdup_printf ("Wait for that job or end it (p2v-server list, p2v-server cancel "
                              "%s), or give the guest another name with p2v.name=.",
                              other);
  else
    remedy = g_strdup_printf ("Give the guest another name with p2v.name=. If that job is gone "
                              "for good, remove %s on the conversion server.",
                              path);
  p2v_set_error (error, P2V_ERROR_TARGET, remedy,
                 "The guest \"%s\" is being made in this place by job %s.", job->machine->name,
                 other);
  return FALSE;
}

gboolean
reservation_take (const char *path, const Job *job, GError **error)
{
  if (reservation_is_ours (path, job->id))
    return TRUE;
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST)
    return taken_by_other (path, job, error);
  gboolean ok = fd >= 0 && write_line (fd, "job", job->id);
  int saved = errno;
  if (fd >= 0)
    close (fd);
  if (ok)
    return TRUE;
  if (fd >= 0)
    (void)unlink (path);
  g_autofree char *directory = g_path_get_dirname (path);
  gboolean full = saved == ENOSPC || saved == EDQUOT;
  p2v_set_error (error, full ? P2V_ERROR_SPACE : P2V_ERROR_TARGET,
                 full ? "Make room there or choose another directory with p2v.os=."
                      : "Give the login user the right to write there or choose another directory "
                        "with p2v.os=.",
                 "The target directory %s is not writable for user %s: %s.", directory,
                 g_get_user_name (), g_strerror (saved));
  return FALSE;
}

gboolean
reservation_note (const char *path, const char *word, const char *value, GError **error)
{
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  gboolean ok = fd >= 0 && write_line (fd, word, value);
  int saved = errno;
  if (fd >= 0)
    close (fd);
  if (!ok)
    p2v_set_error (error, saved == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_TARGET,
                   "Check the target's storage and convert again.", "%s cannot be written: %s.",
                   path, g_strerror (saved));
  return ok;
}
