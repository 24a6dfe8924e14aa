/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "network-plan.h"

/* What names of physical cards look like: the kernel's own, systemd's, and
 * biosdevname's. */
#define CARD_NAME "(?<![\\w.:/-])(eth\\d+|en[opsxv]\\w+|em\\d+|p\\d+p\\d+)(?![\\w-])"

static void
network_name_free (gpointer data)
{
  NetworkName *name = data;
  g_free (name->name);
  g_free (name);
}

static char *
without_comments (const char *text)
{
  g_autoptr (GString) result = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    const char *start = lines[i] + strspn (lines[i], " \t");
    if (*start != '#' && *start != ';')
      g_string_append_printf (result, "%s\n", lines[i]);
  }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

/* Names that the configuration uses, each once. */
static GPtrArray *
used_names (const char *configuration)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = without_comments (configuration);
  g_autoptr (GRegex) regex = g_regex_new (CARD_NAME, G_REGEX_RAW, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL)) {
    g_autofree char *name = g_match_info_fetch (match, 1);
    if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  return names;
}

static gboolean
is_eth (const char *name)
{
  return g_str_has_prefix (name, "eth") && g_ascii_isdigit (name[3]);
}

/* Takes NAME out of NAMES if it is there. */
static gboolean
take_name (GPtrArray *names, const char *name)
{
  guint index;
  if (!name || !g_ptr_array_find_with_equal_func (names, name, g_str_equal, &index))
    return FALSE;
  g_ptr_array_remove_index (names, index);
  return TRUE;
}

/* The first of the card's names of one kind that the configuration uses. */
static const char *
match_nic (const P2vNic *nic, GPtrArray *names, gboolean eth)
{
  if (nic->name && is_eth (nic->name) == eth && take_name (names, nic->name))
    return nic->name;
  for (guint i = 0; nic->alt_names && i < nic->alt_names->len; i++) {
    const char *name = g_ptr_array_index (nic->alt_names, i);
    if (is_eth (name) == eth && take_name (names, name))
      return name;
  }
  return NULL;
}

static void
add_name (GPtrArray *plan, const P2vNic *nic, const char *name, gboolean deduced)
{
  NetworkName *entry = g_new0 (NetworkName, 1);
  entry->nic = nic;
  entry->name = g_strdup (name);
  entry->deduced = deduced;
  g_ptr_array_add (plan, entry);
}

GPtrArray *
network_plan (const P2vMachine *machine, const char *configuration, gboolean prefer_eth)
{
  GPtrArray *plan = g_ptr_array_new_with_free_func (network_name_free);
  g_autoptr (GPtrArray) names = used_names (configuration);
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  guint left = machine->nics->len, last = 0;
  /* all cards by names of the likelier kind first, so that a leftover "eth0"
   * takes no card from its real name */
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < machine->nics->len; i++) {
      const P2vNic *nic = g_ptr_array_index (machine->nics, i);
      const char *name = g_hash_table_contains (done, nic)
                             ? NULL
                             : match_nic (nic, names, (round == 0) == prefer_eth);
      if (!name)
        continue;
      add_name (plan, nic, name, FALSE);
      g_hash_table_add (done, (gpointer)nic);
      left--;
    }
  for (guint i = 0; i < machine->nics->len; i++)
    if (!g_hash_table_contains (done, g_ptr_array_index (machine->nics, i)))
      last = i;
  if (left == 1 && names->len == 1)
    add_name (plan, g_ptr_array_index (machine->nics, last), g_ptr_array_index (names, 0), TRUE);
  return plan;
}

gboolean
network_rule_holds (const char *rules, const char *mac)
{
  g_autofree char *text = without_comments (rules);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_autofree char *line = g_ascii_strdown (lines[i], -1);
    if (!strstr (line, mac) || !strstr (line, "name="))
      continue;
    /* a bus address or a driver of the old card would not match any more */
    if (!strstr (line, "kernels==") &&
        (!strstr (line, "drivers==") || strstr (line, "drivers==\"?*\"")))
      return TRUE;
  }
  return FALSE;
}
