/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"
#include "common/error.h"
#include <errno.h>
#include <string.h>
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
  return length <= KEY_MAX ? TRUE : fail (error, where, "it is too long for a key");
}

/* The URL may carry a password, so it goes to curl's standard input as a
 * configuration (curl(1), --config) and not into its arguments. */
static char *
curl_config (const char *url)
{
  GString *config = g_string_new ("url = \"");
  for (const char *p = url; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (config, '\\');
    g_string_append_c (config, *p);
  }
  g_string_append (config, "\"\n");
  return g_string_free (config, FALSE);
}

static gboolean
fetch (const char *url, const char *where, char **text, GCancellable *cancel, GError **error)
{
  static const char *const argv[] = {
      "curl",           "--config",   "-",       "--globoff",       "--fail",     "--silent",
      "--show-error",   "--location", "--proto", "=http,https,ftp", "--max-time", FETCH_LIMIT,
      "--max-filesize", "65536",      NULL};
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSubprocess) curl =
      g_subprocess_newv (argv,
                         G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                             G_SUBPROCESS_FLAGS_STDERR_PIPE,
                         &cause);
  if (!curl)
    return fail (error, where, cause->message);
  char *config = curl_config (url);
  g_autoptr (GBytes) input = g_bytes_new_take (config, strlen (config));
  g_autoptr (GBytes) output = NULL, complaint = NULL;
  if (!g_subprocess_communicate (curl, input, cancel, &output, &complaint, &cause)) {
    g_subprocess_force_exit (curl);
    (void)g_subprocess_wait (curl, NULL, NULL);
    if (!g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      return fail (error, where, cause->message);
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return FALSE;
  }
  gsize length, complaint_length;
  char *body = g_bytes_unref_to_data (g_steal_pointer (&output), &length);
  if (g_subprocess_get_successful (curl) && length <= KEY_MAX)
    *text = g_strndup (body ? body : "", length);
  if (body)
    explicit_bzero (body, length);
  g_free (body);
  if (*text)
    return TRUE;
  const char *words = g_bytes_get_data (complaint, &complaint_length);
  g_autofree char *why = g_strstrip (g_strndup (words ? words : "", complaint_length));
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
