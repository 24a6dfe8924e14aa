/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "root-choice.h"
#include <string.h>
#include "common/message.h"

/* A person may be at lunch. */
#define PATIENCE_S (24 * 60 * 60)

static char *
join_roots (char **roots, char **names)
{
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; roots[i]; i++)
    g_string_append_printf (list, "%s%s (%s)", i ? ", " : "", roots[i], names[i]);
  return g_strdup (list->str);
}

/* The index of the chosen one, -1 when nobody chooses, -2 with *error. */
static gint64
ask (Job *job, char **roots, char **names, GError **error)
{
  g_autoptr (JsonObject) query = p2v_message_new ("query");
  JsonArray *choices = json_array_new ();
  for (guint i = 0; roots[i]; i++) {
    g_autofree char *words = g_strdup_printf ("%s (%s)", names[i], roots[i]);
    json_array_add_string_element (choices, words);
  }
  json_object_set_string_member (query, "what", "root");
  json_object_set_array_member (query, "choices", choices);
  job_log (job, P2V_LOG_INFO, "There are %u operating systems; asking which one",
           g_strv_length (roots));
  g_autoptr (JsonObject) answer = job_ask (job, query, PATIENCE_S, error);
  return answer ? p2v_json_int (answer, "choice", -1) : -2;
}

static const char *
find (char **roots, const char *wish, const char *canonical)
{
  for (guint i = 0; roots[i]; i++)
    if (!strcmp (roots[i], wish) || !g_strcmp0 (roots[i], canonical))
      return roots[i];
  return NULL;
}

const char *
root_choose (Job *job, char **roots, char **names, const char *canonical, GError **error)
{
  const char *wish = job_setting (job, "root", "single");
  gboolean asks = !strcmp (wish, "ask"), single = !strcmp (wish, "single");
  if (!strcmp (wish, "first") || ((asks || single) && !roots[1]))
    return roots[0];
  gint64 choice = asks ? ask (job, roots, names, error) : -1;
  if (choice == -2)
    return NULL;
  if (choice >= 0 && choice < (gint64)g_strv_length (roots))
    return roots[choice];
  const char *found = asks || single ? NULL : find (roots, wish, canonical);
  if (found)
    return found;
  g_autofree char *list = join_roots (roots, names);
  if (asks || single)
    p2v_set_error (error, P2V_ERROR_NO_OS,
                   "Say which one with p2v.root=DEVICE, or p2v.root=first for the first one.",
                   "There is more than one operating system on the disks: %s.", list);
  else
    p2v_set_error (error, P2V_ERROR_NO_OS, "Give one of these with p2v.root=.",
                   "There is no operating system on \"%s\", but on %s.", wish, list);
  return NULL;
}
