/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "network-plan.h"

/* What names of physical cards look like: the kernel's own, systemd's, and
 * biosdevname's. */
#define CARD_NAME "(?<![\\w.:/-])(eth\\d+|en[opsxv]\\w+|em\\d+|p\\d+p\\d+)(?![\\w-])"

void
network_name_free (NetworkName *name)
{
  if (!name)
    return;
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

static NetworkName *
add_name (GPtrArray *plan, const P2vNic *nic, const char *name)
{
  NetworkName *entry = g_new0 (NetworkName, 1);
  entry->nic = nic;
  entry->name = g_strdup (name);
  g_ptr_array_add (plan, entry);
  return entry;
}

static gboolean
is_planned (const GPtrArray *plan, const P2vNic *nic)
{
  for (guint i = 0; i < plan->len; i++)
    if (((const NetworkName *)g_ptr_array_index (plan, i))->nic == nic)
      return TRUE;
  return FALSE;
}

/* The guest's own files know best; the first that names a card counts. */
static void
add_given (GPtrArray *plan, const GPtrArray *given, GPtrArray *names)
{
  for (guint i = 0; given && i < given->len; i++) {
    const NetworkName *name = g_ptr_array_index (given, i);
    if (is_planned (plan, name->nic))
      continue;
    (void)take_name (names, name->name);
    add_name (plan, name->nic, name->name)->kept = name->kept;
  }
}

GPtrArray *
network_plan (const P2vMachine *machine, const GPtrArray *given, const char *configuration,
              gboolean prefer_eth)
{
  GPtrArray *plan = g_ptr_array_new_with_free_func ((GDestroyNotify)network_name_free);
  g_autoptr (GPtrArray) names = used_names (configuration);
  add_given (plan, given, names);
  /* all cards by names of the likelier kind first, so that a leftover "eth0"
   * takes no card from its real name */
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < machine->nics->len; i++) {
      const P2vNic *nic = g_ptr_array_index (machine->nics, i);
      const char *name =
          is_planned (plan, nic) ? NULL : match_nic (nic, names, (round == 0) == prefer_eth);
      if (name)
        add_name (plan, nic, name)->by_order = is_eth (name) && machine->nics->len > 1;
    }
  if (plan->len + 1 == machine->nics->len && names->len == 1)
    for (guint i = 0; i < machine->nics->len; i++) {
      const P2vNic *nic = g_ptr_array_index (machine->nics, i);
      if (!is_planned (plan, nic)) {
        add_name (plan, nic, g_ptr_array_index (names, 0))->deduced = TRUE;
        break;
      }
    }
  return plan;
}

char *
network_rule_name (const char *rules, const char *mac, gboolean *holds)
{
  g_autofree char *text = without_comments (rules);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_autofree char *line = g_ascii_strdown (lines[i], -1);
    const char *name = strstr (lines[i], "NAME=\"");
    if (!strstr (line, mac) || !name)
      continue;
    name += strlen ("NAME=\"");
    /* a bus address or a driver of the old card would not match any more */
    *holds = !strstr (line, "kernels==") &&
             (!strstr (line, "drivers==") || strstr (line, "drivers==\"?*\""));
    return g_strndup (name, strcspn (name, "\""));
  }
  return NULL;
}
