/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"
#include "common/error.h"
#include "common/log.h"
#include "common/process.h"
#include "remote.h"

#define SERVER_MAX (24u * 1024u * 1024u) /* the server keeps no more than 32 MiB */

/* On the image: the messages of kernel, network and client.  Elsewhere the system is not
 * ours to tell about. */
static char *
read_journal (GCancellable *cancel)
{
  static const char *const argv[] = {"journalctl",   "--no-pager",         "--quiet", "--boot",
                                     "--lines=2000", "--output=short-iso", NULL};
  char *text = NULL;
  if (!p2v_process_run (argv, &text, cancel, NULL))
    return g_strdup ("");
  g_autofree char *valid = text;
  return g_utf8_make_valid (valid, -1);
}

static char *
ask_server (const Settings *settings, const char *job, GCancellable *cancel)
{
  const char *const args[] = {"support", job, NULL};
  g_autoptr (GError) error = NULL;
  if (!job)
    return g_strdup ("There was no job yet.\n");
  char *text = remote_run (settings, args, NULL, SERVER_MAX, cancel, &error);
  if (text)
    return text;
  g_autofree char *why = p2v_error_sentence (error);
  return g_strdup_printf ("The conversion server cannot be asked: %s\n", why);
}

char *
support_collect (const Settings *settings, const char *ours, const char *job, GCancellable *cancel)
{
  gboolean image = g_file_test ("/etc/p2v", G_FILE_TEST_IS_DIR);
  g_autofree char *journal = image ? read_journal (cancel) : g_strdup ("");
  g_autofree char *server = ask_server (settings, job, cancel);
  g_autofree char *text = g_strdup_printf ("==== This machine\n%s\n\n==== Log of this system\n%s\n"
                                           "==== The conversion server\n%s",
                                           ours, journal, server);
  return p2v_log_redact (text);
}

char *
support_keep (const Settings *settings, const char *job, const char *text, GCancellable *cancel,
              GError **error)
{
  const char *const args[] = {"support", "--keep", job, NULL};
  char *path = remote_run (settings, args, text, 4096, cancel, error);
  return path ? g_strchomp (path) : NULL;
}
