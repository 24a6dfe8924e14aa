/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings-table.h"
#include <string.h>

#define WIDTH  78
#define INDENT 6

/* "p2v.server=HOST", with every other spelling after it. */
static char *
synopsis (const SettingRow *row, const char *between)
{
  g_autofree char *all = *row->aliases ? g_strdup_printf ("%s %s", row->argument, row->aliases)
                                       : g_strdup (row->argument);
  g_auto (GStrv) names = g_strsplit (all, " ", -1);
  GString *out = g_string_new (NULL);
  for (guint i = 0; names[i]; i++)
    g_string_append_printf (out, "%s%s%s%s", i ? between : "", names[i], row->values ? "=" : "",
                            row->values ? row->values : "");
  return g_string_free (out, FALSE);
}

static char *
full_help (const SettingRow *row)
{
  if (!row->fallback)
    return g_strdup (row->help);
  return g_strdup_printf ("%s Default: %s.", row->help, row->fallback);
}

static void
append_wrapped (GString *out, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  gsize column = 0;
  for (guint i = 0; words[i]; i++) {
    gsize length = strlen (words[i]);
    if (column > 0 && column + 1 + length > WIDTH) {
      g_string_append_c (out, '\n');
      column = 0;
    }
    if (column == 0) {
      g_string_append_printf (out, "%*s", INDENT, "");
      column = INDENT;
    } else {
      g_string_append_c (out, ' ');
      column++;
    }
    g_string_append (out, words[i]);
    column += length;
  }
  g_string_append_c (out, '\n');
}

char *
settings_help (void)
{
  GString *out = g_string_new ("Kernel arguments:\n");
  for (guint i = 0; i < N_SETTINGS; i++) {
    g_autofree char *names = synopsis (&setting_rows[i], "\n  ");
    g_autofree char *help = full_help (&setting_rows[i]);
    g_string_append_printf (out, "  %s\n", names);
    append_wrapped (out, help);
  }
  return g_string_free (out, FALSE);
}

/* man(7): a backslash begins a command, and so does a dot or a quotation mark at
 * the beginning of a line; "-" would become a typographic hyphen that cannot be
 * pasted into a boot loader. */
char *
settings_man_escape (const char *text)
{
  GString *out = g_string_new (NULL);
  if (*text == '.' || *text == '\'')
    g_string_append (out, "\\&");
  for (const char *p = text; *p; p++) {
    if (*p == '\\')
      g_string_append (out, "\\e");
    else if (*p == '-')
      g_string_append (out, "\\-");
    else
      g_string_append_c (out, *p);
  }
  return g_string_free (out, FALSE);
}

char *
settings_man (void)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < N_SETTINGS; i++) {
    g_autofree char *names = synopsis (&setting_rows[i], "\n.TQ\n.B ");
    g_autofree char *escaped_names = settings_man_escape (names);
    g_autofree char *help = full_help (&setting_rows[i]);
    g_autofree char *escaped_help = settings_man_escape (help);
    g_string_append_printf (out, ".TP\n.B %s\n%s\n", escaped_names, escaped_help);
  }
  return g_string_free (out, FALSE);
}
