/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fetch.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"

/* A 16384-bit RSA key in PEM has 13 KiB. */
#define TEXT_MAX    65536
#define FETCH_LIMIT "30" /* seconds */
#define RETRY_MS    2000

/* curl(1), EXIT CODES. */
#define CURL_NO_ADDRESS  6
#define CURL_NO_CONNECT  7
#define CURL_HTTP_ERROR  22
#define CURL_NO_FILE     37
#define CURL_BAD_CERT    60
#define CURL_FTP_NO_FILE 78
#define CURL_OTHER_KEY   90

char *
fetch_public_name (const char *url)
{
  const char *scheme = strstr (url, "://");
  if (!scheme)
    return g_strdup (url);
  const char *host = scheme + 3;
  gsize authority = strcspn (host, "/?#");
  const char *at = g_strrstr_len (host, (gssize)authority, "@");
  return at ? g_strdup_printf ("%.*s%s", (int)(host - url), url, at + 1) : g_strdup (url);
}

static void
fail (Fetched *fetched, FetchStatus status, const char *why)
{
  fetched->status = status;
  g_free (fetched->why);
  fetched->why = g_strdup (why);
}

/* Into a buffer of the right size at once, for one that grows leaves parts of a key behind. */
static void
take_text (Fetched *fetched, int fd)
{
  struct stat st;
  if (fstat (fd, &st) < 0)
    fail (fetched, FETCH_FAILED, g_strerror (errno));
  else if (S_ISDIR (st.st_mode))
    fail (fetched, FETCH_FAILED, g_strerror (EISDIR));
  else if (st.st_size > TEXT_MAX)
    fail (fetched, FETCH_FAILED, N_ ("it has more than 64 KiB"));
  if (fetched->why)
    return;
  fetched->text = g_malloc0 ((gsize)st.st_size + 1);
  ssize_t n = pread (fd, fetched->text, (gsize)st.st_size, 0);
  if (n != st.st_size)
    fail (fetched, FETCH_FAILED, n < 0 ? g_strerror (errno) : "it changes while it is read");
}

static void
read_file (Fetched *fetched, const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    fail (fetched, errno == ENOENT ? FETCH_ABSENT : FETCH_FAILED, g_strerror (errno));
    return;
  }
  take_text (fetched, fd);
  close (fd);
}

/* curl(1), --config. */
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

/* "SHA256:…,…" as curl wants it: "sha256//…=;sha256//…=". */
static char *
curl_pins (char **pins)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (guint i = 0; pins[i]; i++) {
    const char *digest = pins[i] + strlen ("SHA256:");
    g_string_append_printf (out, "%ssha256//%s%s", i ? ";" : "", digest,
                            g_str_has_suffix (digest, "=") ? "" : "=");
  }
  return g_strdup (out->str);
}

static GPtrArray *
curl_argv (const FetchOptions *options)
{
  static const char *const fixed[] = {
      "curl",           "--config",     "-",          "--globoff",  "--fail",
      "--silent",       "--show-error", "--location", "--max-time", FETCH_LIMIT,
      "--max-filesize", "65536",        "--proto",    NULL};
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; fixed[i]; i++)
    g_ptr_array_add (argv, g_strdup (fixed[i]));
  g_ptr_array_add (argv, g_strdup (options->protocols));
  if (options->pins) {
    /* curl compares the key also then. */
    g_ptr_array_add (argv, g_strdup ("--insecure"));
    g_ptr_array_add (argv, g_strdup ("--pinnedpubkey"));
    g_ptr_array_add (argv, curl_pins (options->pins));
  } else if (access (FETCH_CA, F_OK) == 0) {
    g_ptr_array_add (argv, g_strdup ("--cacert"));
    g_ptr_array_add (argv, g_strdup (FETCH_CA));
    /* Else those of the system's folder would be believed as well. */
    g_ptr_array_add (argv, g_strdup ("--capath"));
    g_ptr_array_add (argv, g_strdup ("/etc/p2v/none"));
  }
  g_ptr_array_add (argv, NULL);
  return argv;
}

/* What often is behind it: a certificate is valid from one day to another, and a machine with
 * an empty battery says it is 2009. */
static char *
clock_hint (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%d %H:%M");
  return g_strdup_printf (
      N_ ("This machine's clock says %s UTC; when that is wrong, a good "
          "certificate seems to be invalid: set the clock in the firmware's setup."),
      time);
}

/* STATUS: curl's exit status, -1 when it was killed. */
static void
explain (Fetched *fetched, int status, const char *words)
{
  gboolean absent = status == CURL_NO_FILE || status == CURL_FTP_NO_FILE ||
                    (status == CURL_HTTP_ERROR && strstr (words, "error: 404"));
  fail (fetched, absent ? FETCH_ABSENT : FETCH_FAILED,
        *words ? words : N_ ("it has more than 64 KiB"));
  if (status == CURL_BAD_CERT)
    fetched->hint = clock_hint ();
  else if (status == CURL_OTHER_KEY)
    fetched->hint =
        g_strdup (N_ ("The server that answered is not the one whose key's fingerprint was "
                      "given, or has got a new key."));
}

/* curl's exit status; 0: TEXT has been taken. */
static int
run_curl (Fetched *fetched, const char *url, const FetchOptions *options, GCancellable *cancel)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GPtrArray) argv = curl_argv (options);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  /* In memory, and not through pipes and buffers of GLib's. */
  int fd = memfd_create ("fetched", MFD_CLOEXEC);
  if (fd < 0) {
    fail (fetched, FETCH_FAILED, g_strerror (errno));
    return -1;
  }
  g_subprocess_launcher_take_stdout_fd (launcher, fcntl (fd, F_DUPFD_CLOEXEC, 3));
  g_autoptr (GSubprocess) curl =
      g_subprocess_launcher_spawnv (launcher, (const char *const *)argv->pdata, &cause);
  char *config = curl_config (url);
  g_autoptr (GBytes) input = g_bytes_new_with_free_func (config, strlen (config), wipe, config);
  g_autoptr (GBytes) complaint = NULL;
  gboolean ok = curl && g_subprocess_communicate (curl, input, cancel, NULL, &complaint, &cause);
  int status = -1;
  if (ok && g_subprocess_get_if_exited (curl))
    status = g_subprocess_get_exit_status (curl);
  if (status == 0)
    take_text (fetched, fd);
  close (fd);
  if (status == 0)
    return 0;
  if (curl && cause) {
    g_subprocess_force_exit (curl);
    (void)g_subprocess_wait (curl, NULL, NULL);
  }
  gboolean cancelled = g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  gsize length = 0;
  const char *words = complaint ? g_bytes_get_data (complaint, &length) : NULL;
  g_autofree char *said = g_strstrip (g_strndup (words ? words : "", length));
  if (cause)
    fail (fetched, cancelled ? FETCH_CANCELLED : FETCH_FAILED, cause->message);
  else
    explain (fetched, status, said);
  return status;
}

static void
fetch_by_curl (Fetched *fetched, const char *url, const FetchOptions *options, GCancellable *cancel)
{
  gint64 end = g_get_monotonic_time () + options->patience_s * G_USEC_PER_SEC;
  for (;;) {
    int status = run_curl (fetched, url, options, cancel);
    if ((status != CURL_NO_ADDRESS && status != CURL_NO_CONNECT) || g_get_monotonic_time () > end)
      return;
    g_clear_pointer (&fetched->why, g_free);
    g_clear_pointer (&fetched->hint, g_free);
    fetched->status = FETCH_DONE;
    g_usleep (RETRY_MS * 1000);
  }
}

Fetched *
fetch (const char *url, const FetchOptions *options, GCancellable *cancel)
{
  Fetched *fetched = g_new0 (Fetched, 1);
  if (g_str_has_prefix (url, "file://")) {
    g_autofree char *path = g_filename_from_uri (url, NULL, NULL);
    if (path)
      read_file (fetched, path);
    else
      fail (fetched, FETCH_FAILED, "it is not a file:// URL with an absolute path");
  } else if (strstr (url, "://")) {
    fetch_by_curl (fetched, url, options, cancel);
  } else {
    read_file (fetched, url);
  }
  return fetched;
}

void
fetched_free (Fetched *fetched)
{
  if (!fetched)
    return;
  if (fetched->text)
    explicit_bzero (fetched->text, strlen (fetched->text));
  g_free (fetched->text);
  g_free (fetched->why);
  g_free (fetched->hint);
  g_free (fetched);
}
