/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings-table.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/text.h"
#include "peer.h"
#include "remote-login.h"
#include "remote-syslog.h"
#include "words.h"
#include <string.h>

#define LETTERS G_CSET_a_2_z G_CSET_A_2_Z
#define BASE64  LETTERS G_CSET_DIGITS "+/"

/* No hypervisor has a longer name for a network. */
#define NETWORK_MAX 255

/* A SHA-256 in base64 without padding; ssh-keygen prints it so. */
#define FINGERPRINT_LENGTH 43

/* ARGUMENT=VALUE WHY.  WANTED says what would be right.  Without ARGUMENT it is a dialog's
 * sentence, where the value stands beside it under another name. */
static gboolean
refuse (const char *argument, const char *value, const char *why, const char *wanted,
        GError **error)
{
  if (!argument) {
    g_autofree char *remedy = g_strdup_printf (_ ("Allowed: %s"), _ (wanted));
    g_autofree char *shown = p2v_text_brief (value);
    p2v_set_error (error, P2V_ERROR_SETTINGS, remedy, _ ("“%s” %s."), shown, _ (why));
    return FALSE;
  }
  g_autofree char *remedy = g_strdup_printf ("Give %s=%s.", argument, wanted);
  p2v_set_error (error, P2V_ERROR_SETTINGS, remedy, "The kernel argument %s=%s %s.", argument,
                 value, why);
  return FALSE;
}

static gboolean
consists_of (const char *text, const char *characters)
{
  return *text && strspn (text, characters) == strlen (text);
}

static gboolean
in_range (const char *value, guint64 least, guint64 most)
{
  guint64 number;
  return consists_of (value, G_CSET_DIGITS) &&
         g_ascii_string_to_unsigned (value, 10, least, most, &number, NULL);
}

gboolean
setting_is_yes (const char *value)
{
  static const char *const words[] = {"yes", "on", "true", "1", NULL};
  g_autofree char *lower = g_ascii_strdown (value, -1);
  return g_strv_contains (words, lower);
}

static gboolean
is_no (const char *value)
{
  static const char *const words[] = {"no", "off", "false", "0", NULL};
  g_autofree char *lower = g_ascii_strdown (value, -1);
  return g_strv_contains (words, lower);
}

gboolean
setting_read_size (const char *value, guint64 *bytes)
{
  static const char units[] = "KMGT";
  gsize digits = strspn (value, G_CSET_DIGITS);
  /* Seven digits of T still fit into 64 bits. */
  if (digits == 0 || digits > 7 || !value[digits])
    return FALSE;
  const char *unit = strchr (units, g_ascii_toupper (value[digits]));
  if (!unit || value[digits + 1])
    return FALSE;
  *bytes = g_ascii_strtoull (value, NULL, 10) << (10 * (unit - units + 1));
  return TRUE;
}

static gboolean
is_one_of (const char *value, const char *values)
{
  g_auto (GStrv) words = g_strsplit (values, "|", -1);
  return g_strv_contains ((const char *const *)words, value);
}

/* Text without control characters in UTF-8, of bounded length. */
static gboolean
is_line (const char *value)
{
  if (strlen (value) > 2048 || !g_utf8_validate (value, -1, NULL))
    return FALSE;
  for (const char *p = value; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

static gboolean
check_type (const SettingRow *row, const char *argument, const char *value, GError **error)
{
  switch (row->type) {
  case TYPE_BOOL:
    return setting_is_yes (value) || is_no (value) ||
           refuse (argument, value, "is neither yes nor no", "yes or =no", error);
  case TYPE_CHOICE:
    return is_one_of (value, row->values) ||
           refuse (argument, value, "is not one of the words allowed there", row->values, error);
  case TYPE_UINT:
    return in_range (value, 0, G_MAXINT32) ||
           refuse (argument, value, "is not a whole number", row->values, error);
  case TYPE_SIZE: {
    guint64 bytes;
    return setting_read_size (value, &bytes) ||
           refuse (argument, value, "is not a size with its unit", "2048M or =2G", error);
  }
  case TYPE_TEXT:
  case TYPE_SECRET:
  case TYPE_LIST:
  case TYPE_COMMAND:
    break;
  }
  return TRUE;
}

gboolean
setting_check_value (const SettingRow *row, const char *argument, const char *value, GError **error)
{
  gboolean may_be_empty = row->type == TYPE_LIST || row->type == TYPE_COMMAND;
  if (!value && row->type == TYPE_BOOL)
    return TRUE;
  if (!argument && (!value || (!*value && !may_be_empty))) {
    p2v_set_error (error, P2V_ERROR_SETTINGS, NULL, "%s", _ ("Please fill this in."));
    return FALSE;
  }
  if (!value || (!*value && !may_be_empty)) {
    g_autofree char *remedy = g_strdup_printf ("Give %s=%s, or leave it out.", argument,
                                               row->values ? row->values : "yes");
    p2v_set_error (error, P2V_ERROR_SETTINGS, remedy, "The kernel argument %s has no value.",
                   argument);
    return FALSE;
  }
  return check_type (row, argument, value, error) &&
         (!row->check || row->check (argument, value, error));
}

/* A name, also an international one, an IPv4 address, or an IPv6 address with or without a
 * zone. */
static gboolean
is_host (const char *value)
{
  g_autofree char *ascii = is_line (value) ? g_hostname_to_ascii (value) : NULL;
  if (ascii)
    value = ascii;
  return consists_of (value, LETTERS G_CSET_DIGITS ".-_:%") && value[0] != '-' &&
         strlen (value) <= 253;
}

static gboolean
is_user (const char *value)
{
  return is_line (value) && !strpbrk (value, " :/\"'") && value[0] != '-';
}

gboolean
check_host (const char *argument, const char *value, GError **error)
{
  return is_host (value) || refuse (argument, value, "is not the name or address of a machine",
                                    "a name such as conv.example.com, or an IP address", error);
}

gboolean
check_port (const char *argument, const char *value, GError **error)
{
  return in_range (value, 1, 65535) ||
         refuse (argument, value, "is not a TCP port", "22 or another number up to 65535", error);
}

gboolean
check_user (const char *argument, const char *value, GError **error)
{
  return is_user (value) || refuse (argument, value, "is not a user name", "a login name", error);
}

gboolean
check_jump (const char *argument, const char *value, GError **error)
{
  g_autofree char *user = NULL, *host = NULL;
  guint16 port;
  gboolean ok =
      peer_split (value, &user, &host, &port) && is_host (host) && (!user || is_user (user));
  return ok || refuse (argument, value, "does not name a jump host",
                       "HOST, USER@HOST or USER@HOST:PORT", error);
}

gboolean
check_identity (const char *argument, const char *value, GError **error)
{
  const char *scheme = strstr (value, "://");
  g_autofree char *word = scheme ? g_strndup (value, (gsize)(scheme - value)) : NULL;
  gboolean ok = is_line (value) && (!word || is_one_of (word, "file|http|https|ftp"));
  /* A URL may carry a password: it is not repeated in the message. */
  return ok || refuse (argument, "…", "is neither a path nor a URL that p2v can fetch",
                       "file:///path, https://…, http://… or ftp://…", error);
}

/* SHA256: fingerprints in base64, separated by commas. */
static gboolean
are_fingerprints (const char *value)
{
  g_auto (GStrv) keys = g_strsplit (value, ",", -1);
  gboolean ok = keys[0] != NULL;
  for (guint i = 0; ok && keys[i]; i++) {
    const char *digest = keys[i] + strlen ("SHA256:");
    ok = g_ascii_strncasecmp (keys[i], "SHA256:", strlen ("SHA256:")) == 0 &&
         strspn (digest, BASE64) == FINGERPRINT_LENGTH &&
         (digest[FINGERPRINT_LENGTH] == '\0' || g_str_equal (digest + FINGERPRINT_LENGTH, "="));
  }
  return ok;
}

gboolean
check_hostkey (const char *argument, const char *value, GError **error)
{
  return are_fingerprints (value) ||
         refuse (argument, value, "is not a host key's fingerprint",
                 "SHA256: and 43 characters, as ssh-keygen -lf prints it", error);
}

gboolean
check_fingerprint (const char *argument, const char *value, GError **error)
{
  return are_fingerprints (value) ||
         refuse (argument, value, "is not the fingerprint of a public key",
                 "SHA256: and the SHA-256 of its DER form in base64, 43 characters", error);
}

/* LABEL=NAME, or LABEL=NAME:PATH. */
static gboolean
is_on_label (const char *value)
{
  if (!g_str_has_prefix (value, "LABEL="))
    return FALSE;
  const char *name = value + strlen ("LABEL=");
  const char *colon = strchr (name, ':');
  gsize length = colon ? (gsize)(colon - name) : strlen (name);
  return length > 0 && !memchr (name, '/', length) && (!colon || colon[1] == '/');
}

/* Not http://: whoever is in between would write the commands that run as root here. */
static gboolean
is_safe_url (const char *value)
{
  return is_line (value) &&
         (g_str_has_prefix (value, "https://") || g_str_has_prefix (value, "file:///"));
}

gboolean
check_config (const char *argument, const char *value, GError **error)
{
  gboolean ok = is_safe_url (value) || (is_line (value) && is_on_label (value));
  return ok || refuse (argument, "…", "names no place from which settings can be trusted",
                       "https://…, file:///path, LABEL=NAME or LABEL=NAME:/path", error);
}

/* Every element by ONE; at least one, and none twice. */
static gboolean
all_of (const char *value, gboolean (*one) (const char *))
{
  g_auto (GStrv) words = g_strsplit (value, ",", -1);
  for (guint i = 0; words[i]; i++) {
    if (!one (words[i]))
      return FALSE;
    for (guint j = 0; j < i; j++)
      if (g_str_equal (words[i], words[j]))
        return FALSE;
  }
  return words[0] != NULL;
}

static gboolean
is_log (const char *word)
{
  g_autoptr (SyslogPlace) place = syslog_place_parse (word);
  return is_line (word) && (place || (is_on_label (word) && !strchr (word, ':')));
}

gboolean
check_log (const char *argument, const char *value, GError **error)
{
  return all_of (value, is_log) ||
         refuse (argument, value, "is no place for a log",
                 "syslog://HOST, syslog+tcp://HOST:PORT or LABEL=NAME, separated by commas", error);
}

gboolean
check_connections (const char *argument, const char *value, GError **error)
{
  return in_range (value, 1, 16) ||
         refuse (argument, value, "is out of range", "a number from 1 to 16", error);
}

gboolean
check_bandwidth (const char *argument, const char *value, GError **error)
{
  guint64 bytes = 0;
  gboolean ok = setting_read_size (value, &bytes) && bytes >= 64 * 1024 &&
                bytes <= G_GUINT64_CONSTANT (1) << 40;
  return ok || refuse (argument, value, "is out of range", "64K to 1T (bytes a second)", error);
}

gboolean
check_reconnect (const char *argument, const char *value, GError **error)
{
  return in_range (value, 0, 86400) || refuse (argument, value, "is out of range",
                                               "a number of seconds up to a day, 86400", error);
}

gboolean
check_guest_name (const char *argument, const char *value, GError **error)
{
  return p2v_machine_name_valid (value) ||
         refuse (argument, value, "cannot be a guest's name",
                 "1 to 64 letters, digits and . _ - +, not beginning with . or -", error);
}

gboolean
check_cores (const char *argument, const char *value, GError **error)
{
  /* The most that common/machine.c lets through. */
  return in_range (value, 1, 4096) ||
         refuse (argument, value, "is out of range", "a number from 1 to 4096", error);
}

gboolean
check_memory (const char *argument, const char *value, GError **error)
{
  guint64 bytes = 0;
  gboolean ok = setting_read_size (value, &bytes) && bytes >= 16 * 1024 * 1024 &&
                bytes <= G_GUINT64_CONSTANT (64) << 40;
  return ok || refuse (argument, value, "is out of range", "16M to 64T", error);
}

gboolean
check_word (const char *argument, const char *value, GError **error)
{
  return (consists_of (value, LETTERS G_CSET_DIGITS "._+-") && strlen (value) <= 64) ||
         refuse (argument, value, "is not a plain word", "a word of letters and digits", error);
}

gboolean
check_offset (const char *argument, const char *value, GError **error)
{
  const char *digits = *value == '+' || *value == '-' ? value + 1 : value;
  return in_range (digits, 0, 24) ||
         refuse (argument, value, "is not a number of hours", N_ ("-24 to +24"), error);
}

static gboolean
is_disk (const char *word)
{
  return *word && is_line (word);
}

static gboolean
is_device (const char *word)
{
  return consists_of (word, LETTERS G_CSET_DIGITS "._:@-");
}

gboolean
check_disks (const char *argument, const char *value, GError **error)
{
  return all_of (value, is_disk) || refuse (argument, value, "is not a list of different disks",
                                            "sda,sdb or paths, separated by commas", error);
}

gboolean
check_devices (const char *argument, const char *value, GError **error)
{
  return !*value || all_of (value, is_device) ||
         refuse (argument, value, "is not a list of different device names",
                 "names separated by commas", error);
}

gboolean
check_network (const char *argument, const char *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (value, ",", -1);
  g_autoptr (GHashTable) cards = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean ok = words[0] != NULL;
  for (guint i = 0; ok && words[i]; i++) {
    /* "" stands for all other cards.  A bridge may be named without a card. */
    const char *colon = g_str_has_prefix (words[i], "bridge:") ? NULL : strchr (words[i], ':');
    const char *network = colon ? colon + 1 : words[i];
    g_autofree char *card = colon ? g_strndup (words[i], (gsize)(colon - words[i])) : g_strdup ("");
    ok = (!colon || *card) && consists_of (network, LETTERS G_CSET_DIGITS "._:+-") &&
         strlen (network) <= NETWORK_MAX && g_hash_table_add (cards, g_steal_pointer (&card));
  }
  return ok ||
         refuse (argument, value, "does not say which card goes to which network",
                 "CARD:NETWORK,…, each card once, and at most one NETWORK for the rest", error);
}

gboolean
check_line (const char *argument, const char *value, GError **error)
{
  return is_line (value) ||
         refuse (argument, "…", "is too long, or holds characters that cannot be shown",
                 "one line of text", error);
}

gboolean
check_root (const char *argument, const char *value, GError **error)
{
  gboolean ok = is_one_of (value, "ask|single|first") ||
                (g_str_has_prefix (value, "/dev/") && value[5] && is_line (value));
  return ok || refuse (argument, value, "names no operating system",
                       "ask, single, first, or the device of its root file system", error);
}

gboolean
check_ssh (const char *argument, const char *value, GError **error)
{
  gboolean ok = is_line (value) &&
                (g_str_has_prefix (value, "https://") || g_str_has_prefix (value, "file:///"));
  return ok || refuse (argument, "…", "names no file with public keys", "https://… or file:///path",
                       error);
}

gboolean
check_ssh_key (const char *argument, const char *value, GError **error)
{
  return (is_line (value) && remote_login_is_key (value)) ||
         refuse (argument, "…", "is not a public SSH key",
                 "ssh-ed25519 AAAA…, a line of a file such as id_ed25519.pub", error);
}
