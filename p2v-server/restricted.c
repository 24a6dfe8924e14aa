/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server restricted`: for keys that may convert and nothing else, in
 * authorized_keys: restrict,command="p2v-server restricted" ssh-ed25519 …
 * sshd gives what the client wanted in SSH_ORIGINAL_COMMAND. */
#include "restricted.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "subcommands.h"

char **
restricted_parse (const char *command)
{
  g_auto (GStrv) words = NULL;
  if (!command || !g_shell_parse_argv (command, NULL, &words, NULL))
    return NULL;
  guint first = 0, n = g_strv_length (words);
  if (n > 2 && strcmp (words[0], "sudo") == 0 && strcmp (words[1], "-n") == 0)
    first = 2;
  gboolean server = n - first >= 2 && strcmp (words[first], "p2v-server") == 0;
  const char *name = server ? words[first + 1] : "";
  gboolean support = strcmp (name, "support") == 0;
  if ((n - first == 2 && strcmp (name, "session") == 0) || (n - first == 3 && support) ||
      (n - first == 4 && support && strcmp (words[first + 2], "--keep") == 0) ||
      (n - first == 4 && strcmp (name, "data") == 0))
    return g_steal_pointer (&words);
  return NULL;
}

int
command_restricted (int argc, char **argv G_GNUC_UNUSED)
{
  if (argc != 1)
    return subcommand_usage ("restricted");
  g_auto (GStrv) words = restricted_parse (g_getenv ("SSH_ORIGINAL_COMMAND"));
  if (!words) {
    fprintf (stderr, "p2v-server: this key may only be used by p2v-client.\n");
    return 1;
  }
  if (strcmp (words[0], "sudo") == 0) {
    execvp ("sudo", words);
    fprintf (stderr, "p2v-server: sudo cannot be started: %s.\n", g_strerror (errno));
    return 1;
  }
  int n = (int)g_strv_length (words) - 1;
  if (strcmp (words[1], "support") == 0)
    return command_support (n, words + 1);
  return n == 1 ? command_session (n, words + 1) : command_data (n, words + 1);
}
