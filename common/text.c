/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#define BRIEF_MAX 40 /* characters */

char *
p2v_text_clean (const char *text, const char *keep)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);
  for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    gboolean shown = g_unichar_isprint (c) || g_utf8_strchr (keep, -1, c);
    g_string_append_unichar (clean, shown ? c : ' ');
  }
  return g_string_free (clean, FALSE);
}

char *
p2v_text_brief (const char *text)
{
  g_autofree char *clean = p2v_text_clean (text, "");
  if (g_utf8_strlen (clean, -1) <= BRIEF_MAX)
    return g_steal_pointer (&clean);
  g_autofree char *head = g_utf8_substring (clean, 0, BRIEF_MAX);
  return g_strconcat (head, "…", NULL);
}
