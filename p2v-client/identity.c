/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"
#include "common/error.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A 16384-bit RSA key in PEM has 13 KiB. */
#define KEY_MAX     65536
#define FETCH_LIMIT "30" /* seconds */

char *
identity_public_name (const char *url)
{
  const char *scheme = strstr (url, "://");
  if (!scheme)
    return g_strdup (url);
  const char *host = scheme + 3;
  gsize authority = strcspn (host, "/?#");
  const char *at = g_strrstr_len (host, (gssize)authority, "@");
  return at ? g_strdup_printf ("%.*s%s", (int)(host - url), url, at + 1) : g_strdup (url);
}

static gboolean
fail (GError **error, const char *where, const char *why)
{
  p2v_set_error (error, P2V_ERROR_AUTH,
                 "Check p2v.identity=: it names a file, or a file://, http:// or https:// URL, "
                 "that holds a private key without passphrase.",
                 "The private key %s cannot be read: %s.", where, why);
  return FALSE;
}

static gboolean
load_file (const char *path, const char *where, char **text, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gsize length;
  if (access (path, R_OK) != 0)
    return fail (error, where, g_strerror (errno));
  if (!g_file_get_contents (path, text, &length, &cause))
    return fail (error, where, cause->message);
  if (length <= KEY_MAX)
    return TRUE;
  explicit_bzero (*text, length);
  return fail (error, where, "it is too long for a key");
}

/* The URL may carry a password, so it goes to curl's standard input as a
 * configuration (curl(1), --config) and not into its arguments. */
static char *
curl_config (const char *url)
{
  /* Never grows: every character twice, and the words around them. */
  GString *config = g_string_sized_new (2 * strlen (url) + 16);
  g_string_append (config, "url = \"");
  for (const char *p = url; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (config, '\\');
    g_string_append_c (config, *p);
  }
  g_string_append (config, "\"\n");
  return g_string_free (config, FALSE);
}

static void
wipe (gpointer text)
{
  explicit_bzero (text, strlen (text));
  g_free (text);
}

/* What curl wrote; into a buffer of the right size at once, for one that grows
 * leaves parts of the key behind. */
static gboolean
take_key (int fd, char **text)
{
  struct stat st;
  if (fstat (fd, &st) < 0 || st.st_size > KEY_MAX)
    return FALSE;
  *text = g_malloc0 ((gsize)st.st_size + 1);
  return pread (fd, *text, (gsize)st.st_size, 0) == st.st_size;
}

static gboolean
fetch (const char *url, const char *where, char **text, GCancellable *cancel, GError **error)
{
  static const char *const argv[] = {
      "curl",           "--config",   "-",       "--globoff",       "--fail",     "--silent",
      "--show-error",   "--location", "--proto", "=http,https,ftp", "--max-time", FETCH_LIMIT,
      "--max-filesize", "65536",      NULL};
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  /* In memory, and not through pipes and buffers of GLib's. */
  int fd = memfd_create ("key", MFD_CLOEXEC);
  if (fd < 0)
    return fail (error, where, g_strerror (errno));
  g_subprocess_launcher_take_stdout_fd (launcher, fcntl (fd, F_DUPFD_CLOEXEC, 3));
  g_autoptr (GSubprocess) curl = g_subprocess_launcher_spawnv (launcher, argv, &cause);
  char *config = curl_config (url);
  g_autoptr (GBytes) input = g_bytes_new_with_free_func (config, strlen (config), wipe, config);
  g_autoptr (GBytes) complaint = NULL;
  gboolean ok = curl && g_subprocess_communicate (curl, input, cancel, NULL, &complaint, &cause);
  if (ok && g_subprocess_get_successful (curl))
    ok = take_key (fd, text);
  close (fd);
  if (ok && *text)
    return TRUE;
  if (curl && cause) {
    g_subprocess_force_exit (curl);
    (void)g_subprocess_wait (curl, NULL, NULL);
  }
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return FALSE;
  }
  if (cause)
    return fail (error, where, cause->message);
  gsize length;
  const char *words = g_bytes_get_data (complaint, &length);
  g_autofree char *why = g_strstrip (g_strndup (words ? words : "", length));
  return fail (error, where, *why ? why : "it is too long for a key");
}

gboolean
identity_load (const Settings *settings, Identity **identity, GCancellable *cancel, GError **error)
{
  const char *name = settings_get (settings, SETTING_identity);
  *identity = NULL;
  if (!name || !*name)
    return TRUE;

  g_autoptr (Identity) loaded = g_new0 (Identity, 1);
  loaded->where = identity_public_name (name);
  gboolean ok;
  if (g_str_has_prefix (name, "file://")) {
    g_autofree char *path = g_filename_from_uri (name, NULL, NULL);
    ok = path ? load_file (path, loaded->where, &loaded->text, error)
              : fail (error, loaded->where, "it is not a file:// URL with an absolute path");
  } else if (strstr (name, "://")) {
    ok = fetch (name, loaded->where, &loaded->text, cancel, error);
  } else {
    ok = load_file (name, loaded->where, &loaded->text, error);
  }
  if (!ok)
    return FALSE;
  *identity = g_steal_pointer (&loaded);
  return TRUE;
}

void
identity_free (Identity *identity)
{
  if (!identity)
    return;
  if (identity->text)
    explicit_bzero (identity->text, strlen (identity->text));
  g_free (identity->text);
  g_free (identity->where);
  g_free (identity);
}
