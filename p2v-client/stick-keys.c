/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stick-keys.h"
#include "common/error.h"
#include "stick-list.h"
#include "stick.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_LENGTH (64 * 1024) /* as fetch.h takes */
#define DEPTH      2
#define FILES      4096 /* that are looked at on one stick */
#define KEYS       64

static void
key_free (gpointer data)
{
  StickKey *key = data;
  if (key->text)
    explicit_bzero (key->text, strlen (key->text));
  g_free (key->text);
  g_free (key->words);
  g_free (key->name);
  g_free (key);
}

GPtrArray *
stick_keys_new (void)
{
  return g_ptr_array_new_with_free_func (key_free);
}

/* The text of a file that holds a private key by its first line, "-----BEGIN … PRIVATE KEY-----"
 * (RFC 7468; OpenSSH's PROTOCOL.key), or NULL. */
static char *
read_key (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  char *text = NULL;
  if (fd >= 0 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && st.st_size > 0 &&
      st.st_size <= KEY_LENGTH) {
    text = g_malloc0 ((gsize)st.st_size + 1);
    if (read (fd, text, (gsize)st.st_size) != st.st_size)
      g_clear_pointer (&text, g_free);
  }
  if (fd >= 0)
    (void)close (fd);
  if (!text)
    return NULL;
  /* Editors of Windows end lines with it, and SSH does not read that. */
  char *to = text;
  for (const char *from = text; *from; from++)
    if (*from != '\r')
      *to++ = *from;
  *to = '\0';
  g_autofree char *first = g_strchomp (g_strndup (text, strcspn (text, "\n")));
  if (g_str_has_prefix (first, "-----BEGIN ") && g_str_has_suffix (first, "PRIVATE KEY-----"))
    return text;
  explicit_bzero (text, (gsize)st.st_size);
  g_free (text);
  return NULL;
}

static void
look_into (GPtrArray *keys, const char *folder, const char *below, const char *where, guint depth,
           guint *left)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  while (dir && *left > 0 && keys->len < KEYS && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *shown = *below ? g_build_filename (below, name, NULL) : g_strdup (name);
    struct stat st;
    (*left)--;
    if (lstat (path, &st) != 0)
      continue;
    if (S_ISDIR (st.st_mode) && depth > 0)
      look_into (keys, path, shown, where, depth - 1, left);
    char *text = S_ISREG (st.st_mode) ? read_key (path) : NULL;
    if (!text)
      continue;
    g_autofree char *valid = g_utf8_make_valid (shown, -1);
    StickKey *key = g_new (StickKey, 1);
    *key = (StickKey){g_strdup_printf ("%s  (%s)", valid, where), g_strdup (name), text};
    g_ptr_array_add (keys, key);
  }
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const StickKey *const *)a)->words, (*(const StickKey *const *)b)->words);
}

void
stick_keys_read (GPtrArray *keys, const char *folder, const char *where)
{
  guint left = FILES;
  look_into (keys, folder, "", where, DEPTH, &left);
  g_ptr_array_sort (keys, compare);
}

GPtrArray *
stick_keys_find (GError **failure)
{
  GPtrArray *keys = stick_keys_new ();
  g_autoptr (GPtrArray) sticks = stick_list_readable ();
  for (guint i = 0; i < sticks->len; i++) {
    const StickChoice *choice = g_ptr_array_index (sticks, i);
    g_autoptr (Stick) stick =
        stick_mount_device (choice->device, FALSE, failure && !*failure ? failure : NULL);
    if (stick)
      stick_keys_read (keys, stick_path (stick), choice->words);
  }
  return keys;
}

char *
stick_key_keep (const StickKey *key, GError **error)
{
  const char *base = g_getenv ("P2V_RUN_DIR");
  g_autofree char *folder = g_build_filename (base ? base : "/run/p2v", "keys", NULL);
  g_autofree char *path = g_build_filename (folder, key->name, NULL);
  g_autoptr (GError) cause = NULL;
  if (g_mkdir_with_parents (folder, 0700) == 0 &&
      g_file_set_contents_full (path, key->text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    return g_steal_pointer (&path);
  p2v_set_error (error, P2V_ERROR_IO, NULL, "The key cannot be kept in %s: %s.", folder,
                 cause ? cause->message : g_strerror (errno));
  return NULL;
}
