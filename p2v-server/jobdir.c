/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jobdir.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "socket.h"

#define ID_LENGTH 8

/* The longest name of a socket in a job directory is libguestfs's, below tmp. */
#define LONGEST_SOCKET "/tmp/libguestfsXXXXXX/guestfsd.sock"

static const char *const record[] = {"job.json",    "state.json", "log",          "lock",
                                     "report.json", "report.txt", "finished.json"};

static char *
state_path (void)
{
  const char *given = g_getenv ("P2V_STATE_DIR");
  if (given && *given)
    return g_canonicalize_filename (given, NULL);
  if (geteuid () == 0)
    return g_strdup ("/var/lib/p2v");
  return g_build_filename (g_get_user_state_dir (), "p2v", NULL);
}

static gboolean
cannot_make (const char *path, GError **error)
{
  p2v_set_error (error, errno == ENOSPC || errno == EDQUOT ? P2V_ERROR_SPACE : P2V_ERROR_JOB,
                 "Make room there or set P2V_STATE_DIR to another directory of the login user.",
                 "The job directory %s cannot be made: %s.", path, g_strerror (errno));
  return FALSE;
}

char *
jobdir_root (GError **error)
{
  g_autofree char *state = state_path ();
  g_autofree char *jobs = g_build_filename (state, "jobs", NULL);
  struct stat st;
  if (g_mkdir_with_parents (jobs, 0700) < 0 || stat (jobs, &st) < 0) {
    cannot_make (jobs, error);
    return NULL;
  }
  if (st.st_uid != geteuid () || (st.st_mode & 0022)) {
    p2v_set_error (
        error, P2V_ERROR_JOB,
        "Give it to that user alone (chown, chmod 700), or set P2V_STATE_DIR to another "
        "directory.",
        "The directory of jobs %s does not belong to the user who runs p2v-server alone.", jobs);
    return NULL;
  }
  return g_steal_pointer (&jobs);
}

static void
random_id (char id[ID_LENGTH + 1])
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  guint8 bytes[ID_LENGTH];
  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    g_error ("getrandom: %s", g_strerror (errno));
  for (guint i = 0; i < ID_LENGTH; i++)
    id[i] = letters[bytes[i] % 32];
  id[ID_LENGTH] = '\0';
}

static gboolean
id_valid (const char *id)
{
  return strlen (id) == ID_LENGTH && strspn (id, "abcdefghijklmnopqrstuvwxyz234567") == ID_LENGTH;
}

int
jobdir_lock (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "lock", NULL);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0 && fcntl (fd, F_OFD_SETLK, &lock) < 0) {
    int saved = errno;
    close (fd);
    errno = saved;
    return -1;
  }
  return fd;
}

gboolean
jobdir_is_alive (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "lock", NULL);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean held = fd >= 0 && fcntl (fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  if (fd >= 0)
    close (fd);
  return held;
}

static gboolean
check_length (const char *dir, GError **error)
{
  gsize longest = SOCKET_PATH_MAX - strlen (LONGEST_SOCKET);
  if (strlen (dir) <= longest)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_JOB,
                 "Set P2V_STATE_DIR to a directory with a shorter name, for instance /var/tmp/p2v.",
                 "The job directory %s has a name of %zu bytes; sockets below it can be made up to "
                 "%zu bytes.",
                 dir, strlen (dir), longest);
  return FALSE;
}

char *
jobdir_new (int *lock_fd, GError **error)
{
  g_autofree char *root = jobdir_root (error);
  if (!root)
    return NULL;
  for (;;) {
    char id[ID_LENGTH + 1];
    random_id (id);
    g_autofree char *dir = g_build_filename (root, id, NULL);
    if (!check_length (dir, error))
      return NULL;
    if (mkdir (dir, 0700) < 0) {
      if (errno == EEXIST)
        continue;
      cannot_make (dir, error);
      return NULL;
    }
    *lock_fd = jobdir_lock (dir);
    if (*lock_fd >= 0)
      return g_steal_pointer (&dir);
    cannot_make (dir, error);
    jobdir_remove (dir, NULL);
    return NULL;
  }
}

char *
jobdir_find (const char *id, GError **error)
{
  g_autofree char *root = jobdir_root (error);
  if (!root)
    return NULL;
  g_autofree char *dir = g_build_filename (root, id_valid (id) ? id : "-", NULL);
  if (g_file_test (dir, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&dir);
  p2v_set_error (
      error, P2V_ERROR_JOB,
      "\"p2v-server list\" shows the jobs; each user of this machine has jobs of his own.",
      "There is no job \"%s\" in %s.", id, root);
  return NULL;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

char **
jobdir_list (GError **error)
{
  g_autofree char *root = jobdir_root (error);
  if (!root)
    return NULL;
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (GDir) dir = g_dir_open (root, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name (dir)))
    if (id_valid (name))
      g_ptr_array_add (ids, g_strdup (name));
  g_ptr_array_sort (ids, compare_names);
  g_ptr_array_add (ids, NULL);
  return (char **)g_ptr_array_steal (ids, NULL);
}

static int
remove_entry (const char *path, const struct stat *st G_GNUC_UNUSED, int type G_GNUC_UNUSED,
              struct FTW *ftw G_GNUC_UNUSED)
{
  (void)remove (path);
  return 0;
}

/* Never follows a link. */
static void
remove_tree (const char *path)
{
  (void)nftw (path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void
jobdir_strip (const char *dir)
{
  g_autoptr (GDir) entries = g_dir_open (dir, 0, NULL);
  const char *name;
  while (entries && (name = g_dir_read_name (entries))) {
    gboolean keep = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (record); i++)
      keep |= g_str_equal (name, record[i]);
    g_autofree char *path = g_build_filename (dir, name, NULL);
    if (!keep)
      remove_tree (path);
  }
}

gboolean
jobdir_remove (const char *dir, GError **error)
{
  remove_tree (dir);
  struct stat st;
  if (lstat (dir, &st) < 0 && errno == ENOENT)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_JOB, "Look what is in it and remove it by hand.",
                 "The job directory %s cannot be removed.", dir);
  return FALSE;
}
