/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote-login.h"
#include "common/error.h"
#include "common/process.h"
#include "fetch.h"
#include "network.h"
#include <glib/gstdio.h>
#include <string.h>

/* iso/dracut/90p2v: p2v-ssh.service. */
#define KEYS_DIR    "/root/.ssh"
#define KEYS_FILE   KEYS_DIR "/authorized_keys"
#define FINGERPRINT "/run/p2v-ssh/fingerprint"
#define SERVICE     "p2v-ssh.service"

#define BASE64 G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "+/="

gboolean
remote_login_is_key (const char *line)
{
  /* Those that the image's SSH server knows. */
  static const char *const kinds[] = {"ssh-ed25519",
                                      "ssh-rsa",
                                      "ecdsa-sha2-nistp256",
                                      "ecdsa-sha2-nistp384",
                                      "ecdsa-sha2-nistp521",
                                      "sk-ssh-ed25519@openssh.com",
                                      "sk-ecdsa-sha2-nistp256@openssh.com",
                                      NULL};
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  if (!words[0] || !words[1] || !g_strv_contains (kinds, words[0]) || strlen (words[1]) < 60)
    return FALSE;
  return g_str_has_prefix (words[1], "AAAA") && strspn (words[1], BASE64) == strlen (words[1]);
}

char *
remote_login_keys (const char *text, guint *wrong)
{
  g_autoptr (GString) keys = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    const char *line = g_strstrip (lines[i]);
    if (!*line || *line == '#')
      continue;
    if (!remote_login_is_key (line)) {
      if (wrong)
        *wrong = i + 1;
      return NULL;
    }
    g_string_append_printf (keys, "%s\n", line);
  }
  if (wrong)
    *wrong = 0;
  return keys->len > 0 ? g_strdup (keys->str) : NULL;
}

static gboolean
fail (GError **error, const char *where, const char *why, const char *hint)
{
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 hint ? hint : "Check p2v.ssh=: it names a file with public keys, one a line.",
                 "There is no SSH login: %s %s.", where, why);
  return FALSE;
}

static gboolean
fetch_keys (const Settings *settings, guint patience_s, GString *keys, GError **error)
{
  const char *url = settings_get (settings, SETTING_ssh);
  if (!url)
    return TRUE;
  g_auto (GStrv) pins = settings_get_list (settings, SETTING_config_fingerprint);
  FetchOptions options = {.protocols = "=https", .pins = pins, .patience_s = patience_s};
  g_autofree char *where = fetch_public_name (url);
  g_autoptr (Fetched) fetched = fetch (url, &options, NULL);
  if (fetched->status != FETCH_DONE) {
    g_autofree char *why = g_strdup_printf (N_ ("cannot be read: %s"), fetched->why);
    return fail (error, where, why, fetched->hint);
  }
  guint wrong;
  g_autofree char *found = remote_login_keys (fetched->text, &wrong);
  g_autofree char *line = g_strdup_printf ("has no public key in line %u", wrong);
  if (!found)
    return fail (error, where, wrong ? line : "holds no public key", NULL);
  g_string_append (keys, found);
  return TRUE;
}

static gboolean
put_in_force (const char *keys, GError **error)
{
  static const char *const argv[] = {"systemctl", "start", SERVICE, NULL};
  g_autoptr (GError) cause = NULL;
  (void)g_mkdir_with_parents (KEYS_DIR, 0700);
  if (!g_file_set_contents_full (KEYS_FILE, keys, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    return fail (error, KEYS_FILE, cause->message, NULL);
  if (p2v_process_run (argv, NULL, NULL, NULL))
    return TRUE;
  return fail (error, SERVICE, "cannot be started",
               "Its journal says why (journalctl -u p2v-ssh.service).");
}

/* Where to: the first address of each card. */
static char *
addresses (void)
{
  g_autoptr (GPtrArray) cards = network_read ();
  g_autoptr (GString) out = g_string_new (NULL);
  for (guint i = 0; i < cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (cards, i);
    if (*card->addresses)
      g_string_append_printf (out, "%s%s", out->len ? ", " : "", card->addresses);
  }
  return g_strdup (out->len ? out->str : "this machine, which has no address yet");
}

gboolean
remote_login_start (const Settings *settings, guint patience_s, char **saying, GError **error)
{
  const char *key = settings_get (settings, SETTING_ssh_key);
  g_autoptr (GString) keys = g_string_new (NULL);
  *saying = NULL;
  if (!key && !settings_given (settings, SETTING_ssh))
    return TRUE;
  if (key)
    g_string_append_printf (keys, "%s\n", key);
  if (!fetch_keys (settings, patience_s, keys, error) || !put_in_force (keys->str, error))
    return FALSE;
  g_autofree char *fingerprint = NULL;
  (void)g_file_get_contents (FINGERPRINT, &fingerprint, NULL, NULL);
  g_autofree char *where = addresses ();
  *saying = g_strdup_printf ("SSH login: root at %s, host key %s", where,
                             fingerprint ? g_strchomp (fingerprint) : "not known");
  return TRUE;
}
