/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "link-file.h"

static void
append (char **list, const char *word)
{
  char *longer = *list ? g_strconcat (*list, " ", word, NULL) : g_strdup (word);
  g_free (*list);
  *list = longer;
}

LinkFile *
link_file_parse (const char *text)
{
  LinkFile *link = g_new0 (LinkFile, 1);
  const struct {
    const char *section, *key;
    char **value;
  } keys[] = {
      {"[match]", "macaddress", &link->macs},
      {"[match]", "permanentmacaddress", &link->macs},
      {"[match]", "path", &link->path},
      {"[match]", "driver", &link->driver},
      {"[match]", "originalname", &link->original},
      {"[link]", "name", &link->name},
  };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *section = g_strdup ("");
  for (guint i = 0; lines[i]; i++) {
    char *line = g_strstrip (lines[i]), *equal = strchr (line, '=');
    if (*line == '[') {
      g_free (section);
      section = g_ascii_strdown (line, -1);
    }
    if (!equal || strchr ("#;[", *line))
      continue;
    *equal = '\0';
    g_strchomp (line);
    for (guint j = 0; j < G_N_ELEMENTS (keys); j++)
      if (!strcmp (section, keys[j].section) && !g_ascii_strcasecmp (line, keys[j].key) && equal[1])
        append (keys[j].value, g_strstrip (equal + 1));
  }
  if (link->macs)
    for (char *p = link->macs; *p; p++)
      *p = *p == '-' ? ':' : g_ascii_tolower (*p);
  return link;
}

void
link_file_free (LinkFile *link)
{
  if (!link)
    return;
  g_free (link->name);
  g_free (link->macs);
  g_free (link->path);
  g_free (link->driver);
  g_free (link->original);
  g_free (link);
}

static gboolean
is_specific (const char *pattern)
{
  return pattern && strcmp (pattern, "*");
}

/* One of PATTERNS fits NAME; a "!" before them turns the meaning round. */
static gboolean
matches (const char *patterns, const char *name)
{
  gboolean inverse = *patterns == '!';
  g_auto (GStrv) words = g_strsplit (patterns + inverse, " ", -1);
  for (guint i = 0; name && words[i]; i++)
    if (g_pattern_match_simple (words[i], name))
      return !inverse;
  return inverse;
}

static gboolean
may_be (const LinkFile *link, const P2vNic *nic)
{
  if (link->macs && !matches (link->macs, nic->mac))
    return FALSE;
  if (link->driver && nic->driver && !matches (link->driver, nic->driver))
    return FALSE;
  if (!link->original || matches (link->original, nic->name))
    return TRUE;
  for (guint i = 0; nic->alt_names && i < nic->alt_names->len; i++)
    if (matches (link->original, g_ptr_array_index (nic->alt_names, i)))
      return TRUE;
  return FALSE;
}

LinkFit
link_file_find (const LinkFile *link, const P2vMachine *machine, guint *nic)
{
  gboolean by_hardware =
      is_specific (link->path) || is_specific (link->driver) || is_specific (link->original);
  guint n = 0;
  if (!link->name || (!link->macs && !by_hardware))
    return LINK_NONE;
  for (guint i = 0; i < machine->nics->len; i++)
    if (may_be (link, g_ptr_array_index (machine->nics, i))) {
      *nic = i;
      n++;
    }
  if (n != 1)
    return n ? LINK_UNCLEAR : LINK_NONE;
  return by_hardware ? LINK_CERTAIN : LINK_HOLDS;
}
