/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings-table.h"
#include "common/error.h"
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* One argument, with the quoting of the kernel command line, so that it can be carried over
 * from there as it is. */
static gboolean
take_line (Settings *settings, const char *line, GError **error)
{
  gboolean open = FALSE;
  char **words = setting_words (line, &open);
  gsize name = words[0] ? strcspn (words[0], "=") : 0;
  gboolean ok = FALSE;
  if (!words[0] || *words[0] == '#')
    ok = TRUE;
  else if (!g_str_has_prefix (words[0], "p2v."))
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "Only arguments that begin with p2v. stand in a settings file; others belong on "
                   "the kernel command line.",
                   "\"%.*s\" is not an argument of p2v.", (int)MIN (name, 80), words[0]);
  else if (open)
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "Put one quotation mark before and one after the value.",
                   "A quotation mark in %.*s is not closed.", (int)name, words[0]);
  else if (words[1])
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "Give each argument a line of its own, and put a value with blanks in double "
                   "quotes.",
                   "There is more behind %.*s and its value.", (int)name, words[0]);
  else
    ok = setting_take_word (settings, words[0], error);
  setting_words_free (words);
  return ok;
}

static gboolean
refuse_nested (const Settings *settings, GError **error)
{
  static const SettingId own[] = {SETTING_config, SETTING_config_fingerprint};
  for (guint i = 0; i < G_N_ELEMENTS (own); i++) {
    if (!settings_given (settings, own[i]))
      continue;
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Take it away.",
                   "A settings file cannot name another: %s.", setting_rows[own[i]].argument);
    return FALSE;
  }
  return TRUE;
}

gboolean
settings_parse_file (Settings *settings, const char *text, const char *where, GError **error)
{
  const char *p = g_str_has_prefix (text, BYTE_ORDER_MARK) ? text + strlen (BYTE_ORDER_MARK) : text;
  /* Large enough for every line; wiped, for one may hold a secret. */
  gsize size = strlen (text) + 1;
  char *line = g_malloc0 (size);
  gboolean ok = TRUE;
  for (guint number = 1; ok && *p; number++) {
    gsize length = strcspn (p, "\n");
    memcpy (line, p, length);
    line[length] = '\0';
    p += length + (p[length] == '\n');
    ok = take_line (settings, line, error) && refuse_nested (settings, error);
    if (!ok)
      g_prefix_error (error, "%s, line %u: ", where, number);
  }
  explicit_bzero (line, size);
  g_free (line);
  return ok;
}
