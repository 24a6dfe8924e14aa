/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files-name.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "common/log.h"
#include "common/process.h"
#include "reservation.h"

char *
files_disk_name (const char *guest, guint index)
{
  g_autoptr (GString) letters = g_string_new (NULL);
  for (guint n = index + 1; n > 0; n = (n - 1) / 26)
    g_string_prepend_c (letters, (char)('a' + (n - 1) % 26));
  return g_strdup_printf ("%s-sd%s", guest, letters->str);
}

static gboolean
file_failed (const char *what, const char *path, int errnum, GError **error)
{
  gboolean full = errnum == ENOSPC || errnum == EDQUOT;
  p2v_set_error (error, full ? P2V_ERROR_SPACE : P2V_ERROR_TARGET,
                 full ? "Make room on the target's storage and convert again."
                      : "Check the target's storage and convert again.",
                 "On the target, %s cannot be %s: %s.", path, what, g_strerror (errnum));
  return FALSE;
}

gboolean
files_write_xml (const char *path, const char *xml, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  gsize length = strlen (xml);
  gboolean ok = fd >= 0 && write (fd, xml, length) == (gssize)length;
  int saved = fd >= 0 && !ok && errno == 0 ? ENOSPC : errno;
  if (fd >= 0)
    close (fd);
  return ok || file_failed (N_ ("written"), path, saved, error);
}

gboolean
files_validate_xml (const char *path, GCancellable *cancel, GError **error)
{
  g_autofree char *validator = g_find_program_in_path ("virt-xml-validate");
  if (!validator)
    return TRUE;
  const char *argv[] = {validator, path, "domain", NULL};
  if (p2v_process_run (argv, NULL, cancel, error))
    return TRUE;
  g_prefix_error (error, "libvirt's schema refuses the definition of the guest. ");
  return FALSE;
}

gboolean
files_copy (const char *from, const char *to, GError **error)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) copy = g_file_new_for_path (to);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GFileInputStream) in = g_file_read (source, NULL, &cause);
  g_autoptr (GFileOutputStream) out =
      in ? g_file_create (copy, G_FILE_CREATE_PRIVATE, NULL, &cause) : NULL;
  if (out && g_output_stream_splice (G_OUTPUT_STREAM (out), G_INPUT_STREAM (in),
                                     G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &cause) >= 0)
    return TRUE;
  gboolean full = g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  p2v_set_error (error, full ? P2V_ERROR_SPACE : P2V_ERROR_TARGET,
                 "Check the target's storage and convert again.", "%s cannot be written: %s.", to,
                 cause->message);
  return FALSE;
}

static gboolean
sync_path (const char *path, int flags)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | flags);
  gboolean ok = fd >= 0 && fsync (fd) == 0;
  int saved = errno;
  if (fd >= 0)
    close (fd);
  errno = saved;
  return ok;
}

/* A rename that never replaces; where the file system does not know that
 * (EINVAL: NFS), a second link and the removal of the first. */
static gboolean
rename_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  return errno == EINVAL && link (from, to) == 0 && unlink (from) == 0;
}

static gboolean
note_move (const char *from, const char *name, const char *reservation, GError **error)
{
  struct stat st;
  if (stat (from, &st) < 0)
    return file_failed (N_ ("found"), from, errno, error);
  g_autofree char *value = g_strdup_printf ("%" G_GUINT64_FORMAT " %s", (guint64)st.st_ino, name);
  return reservation_note (reservation, "made", value, error);
}

gboolean
files_move (const char *from, const char *to, const char *reservation, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (to);
  g_autofree char *name = g_path_get_basename (to);
  if (!sync_path (from, 0))
    return file_failed ("put on stable storage", from, errno, error);
  if (!note_move (from, name, reservation, error))
    return FALSE;
  if (!rename_new (from, to))
    return file_failed (N_ ("made"), to, errno, error);
  if (!sync_path (directory, O_DIRECTORY))
    return file_failed ("put on stable storage", directory, errno, error);
  return TRUE;
}

/* The path in DIRECTORY that MADE names, when it is still that file (caller frees). */
static char *
find_made (const char *directory, const char *made)
{
  char *name = NULL;
  guint64 inode = g_ascii_strtoull (made, &name, 10);
  if (*name != ' ' || strchr (name, '/'))
    return NULL;
  g_autofree char *path = g_build_filename (directory, name + 1, NULL);
  struct stat st;
  return lstat (path, &st) == 0 && st.st_ino == inode ? g_steal_pointer (&path) : NULL;
}

gboolean
files_take_back (const char *directory, const char *made, const char *to, GError **error)
{
  g_autofree char *path = find_made (directory, made);
  return !path || rename (path, to) == 0 || file_failed ("taken back", path, errno, error);
}

void
files_remove_made (const char *directory, const char *made)
{
  g_autofree char *path = find_made (directory, made);
  if (path && unlink (path) < 0)
    p2v_warning ("%s cannot be removed: %s.", path, g_strerror (errno));
}
