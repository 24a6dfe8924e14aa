/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hostkey.h"
#include "common/error.h"
#include <string.h>

const char *const hostkey_types[] = {
    "ssh-ed25519",
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
    "rsa-sha2-512,rsa-sha2-256",
    NULL,
};

/* The base64 part without its padding; NULL when it is not SHA256:…. */
static char *
normalize (const char *fingerprint)
{
  if (g_ascii_strncasecmp (fingerprint, "SHA256:", 7) != 0)
    return NULL;
  char *text = g_strstrip (g_strdup (fingerprint + 7));
  for (gsize n = strlen (text); n > 0 && text[n - 1] == '='; n--)
    text[n - 1] = 0;
  return text;
}

gboolean
hostkey_is_pinned (const char *fingerprint, char **pinned)
{
  g_autofree char *seen = normalize (fingerprint);
  for (char **p = pinned; seen && *seen && p && *p; p++) {
    g_autofree char *wanted = normalize (*p);
    if (wanted && strcmp (wanted, seen) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
hostkey_is_revoked (const char *known_hosts, const char *base64)
{
  g_auto (GStrv) lines = g_strsplit (known_hosts, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_auto (GStrv) words = g_strsplit_set (g_strstrip (*line), " \t\r", -1);
    if (g_strcmp0 (words[0], "@revoked") == 0 && g_strv_contains ((const char **)words, base64))
      return TRUE;
  }
  return FALSE;
}

/* libssh passes over lines with a marker.  The file that says so (caller frees), or
 * NULL. */
static char *
file_that_revokes (ssh_session ssh)
{
  ssh_key key = NULL;
  char *base64 = NULL, *found = NULL;
  if (ssh_get_server_publickey (ssh, &key) == SSH_OK &&
      ssh_pki_export_pubkey_base64 (key, &base64) == SSH_OK) {
    char *files[] = {g_strdup (HOSTKEY_SYSTEM_FILE),
                     g_build_filename (g_get_home_dir (), ".ssh", "known_hosts", NULL)};
    for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
      g_autofree char *file = files[i], *text = NULL;
      if (!found && g_file_get_contents (file, &text, NULL, NULL) &&
          hostkey_is_revoked (text, base64))
        found = g_steal_pointer (&file);
    }
  }
  ssh_string_free_char (base64);
  ssh_key_free (key);
  return found;
}

/* "SHA256:…" (caller frees) and the key's type as ssh-keygen writes it. */
static char *
fingerprint_of (ssh_session ssh, const char **type, const char **file)
{
  ssh_key key = NULL;
  unsigned char *hash = NULL;
  size_t length = 0;
  char *fingerprint = NULL;
  *type = "unknown type";
  *file = "ssh_host_*_key.pub";
  if (ssh_get_server_publickey (ssh, &key) != SSH_OK)
    return NULL;
  switch (ssh_key_type (key)) {
  case SSH_KEYTYPE_ED25519:
    *type = "ED25519";
    *file = "ssh_host_ed25519_key.pub";
    break;
  case SSH_KEYTYPE_RSA:
    *type = "RSA";
    *file = "ssh_host_rsa_key.pub";
    break;
  case SSH_KEYTYPE_ECDSA_P256:
  case SSH_KEYTYPE_ECDSA_P384:
  case SSH_KEYTYPE_ECDSA_P521:
    *type = "ECDSA";
    *file = "ssh_host_ecdsa_key.pub";
    break;
  default:
    break;
  }
  if (ssh_get_publickey_hash (key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0) {
    char *text = ssh_get_fingerprint_hash (SSH_PUBLICKEY_HASH_SHA256, hash, length);
    fingerprint = g_strdup (text);
    ssh_string_free_char (text);
    ssh_clean_pubkey_hash (&hash);
  }
  ssh_key_free (key);
  return fingerprint;
}

HostkeyVerdict
hostkey_check (ssh_session ssh, const Peer *peer, HostkeySeen *seen, GError **error)
{
  const char *server = peer->host;
  const char *type, *file;
  g_autofree char *fingerprint = fingerprint_of (ssh, &type, &file);
  if (!fingerprint) {
    p2v_set_error (error, P2V_ERROR_HOSTKEY, "Check sshd there.",
                   "The host key of %s cannot be read.", server);
    return HOSTKEY_REFUSED;
  }
  if (seen)
    *seen = (HostkeySeen){g_strdup (fingerprint), type, file, FALSE, peer->jump};
  g_autofree char *remedy = g_strdup_printf (
      peer->jump ? "Compare it with what \"ssh-keygen -lf /etc/ssh/%s\" prints on the jump host. "
                   "Only if it is the same, add %s%s"
                 : "Compare it with what \"ssh-keygen -lf /etc/ssh/%s\" prints on the conversion "
                   "server. Only if it is the same, add %s%s",
      file, peer->pinned_name, fingerprint);
  g_autofree char *revoking = file_that_revokes (ssh);
  if (revoking) {
    p2v_set_error (error, P2V_ERROR_HOSTKEY,
                   "Give that machine new host keys, or correct that file.",
                   "WARNING: the host key of %s, %s (%s), is revoked in %s: somebody else may have "
                   "it.",
                   server, fingerprint, type, revoking);
    return HOSTKEY_REFUSED;
  }
  if (peer->pinned) {
    if (hostkey_is_pinned (fingerprint, peer->pinned))
      return HOSTKEY_TRUSTED;
    g_autofree char *wanted = g_strjoinv (",", peer->pinned);
    p2v_set_error (error, P2V_ERROR_HOSTKEY, remedy,
                   "The host key of %s is %s (%s) and not the one that %s names (%s): "
                   "this may be another machine, or somebody in between.",
                   server, fingerprint, type, peer->pinned_name, wanted);
    return HOSTKEY_OTHER_TYPE;
  }
  switch (ssh_session_is_known_server (ssh)) {
  case SSH_KNOWN_HOSTS_OK:
    return HOSTKEY_TRUSTED;
  case SSH_KNOWN_HOSTS_CHANGED:
  case SSH_KNOWN_HOSTS_OTHER:
    p2v_set_error (error, P2V_ERROR_HOSTKEY, remedy,
                   "WARNING: the host key of %s has changed to %s (%s). Somebody may be reading "
                   "along, or that machine was installed anew.",
                   server, fingerprint, type);
    return HOSTKEY_REFUSED;
  case SSH_KNOWN_HOSTS_ERROR:
    p2v_set_error (error, P2V_ERROR_HOSTKEY, remedy,
                   "The known host keys cannot be used for %s: %s.", server, ssh_get_error (ssh));
    return HOSTKEY_REFUSED;
  default:
    if (seen)
      seen->unknown = TRUE;
    if (peer->jump)
      p2v_set_error (error, P2V_ERROR_HOSTKEY, remedy,
                     "The host key of the jump host %s is not known yet: %s (%s).", server,
                     fingerprint, type);
    else
      p2v_set_error (error, P2V_ERROR_HOSTKEY, remedy,
                     "The host key of the conversion server %s is not known yet: %s (%s).", server,
                     fingerprint, type);
    return HOSTKEY_REFUSED;
  }
}
