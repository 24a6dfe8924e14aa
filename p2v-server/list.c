/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server list`: one line for each job. */
#include "list.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "common/error.h"
#include "jobdir.h"
#include "state.h"
#include "subcommands.h"

char *
list_age (gint64 seconds)
{
  if (seconds < 0)
    seconds = 0;
  if (seconds < 120)
    return g_strdup_printf ("%" G_GINT64_FORMAT " s", seconds);
  if (seconds < 2 * 3600)
    return g_strdup_printf ("%" G_GINT64_FORMAT " min", seconds / 60);
  if (seconds < 2 * 86400)
    return g_strdup_printf ("%" G_GINT64_FORMAT " h", seconds / 3600);
  return g_strdup_printf ("%" G_GINT64_FORMAT " d", seconds / 86400);
}

char *
list_progress (guint64 done, guint64 total)
{
  return total == 0
             ? g_strdup ("-")
             : g_strdup_printf ("%.0f %%", 100.0 * (double)MIN (done, total) / (double)total);
}

static void
print_line (const State *state)
{
  gboolean open = state_is_open (state);
  g_autofree char *age = list_age (time (NULL) - state->since);
  g_autofree char *progress = open ? list_progress (state->done, state->total) : g_strdup ("-");
  printf ("%-8s  %-20s  %-9s  %-9s  %8s  %7s  %s\n", state->id, *state->name ? state->name : "-",
          state->status, *state->phase ? state->phase : "-", progress, age,
          state->message ? state->message : "");
}

static void
print_json (GPtrArray *states)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  for (guint i = 0; i < states->len; i++)
    json_array_add_object_element (array, state_to_json (g_ptr_array_index (states, i)));
  json_node_take_array (node, array);
  g_autofree char *text = json_to_string (node, TRUE);
  printf ("%s\n", text);
}

static gint
compare_age (gconstpointer a, gconstpointer b)
{
  const State *left = *(State *const *)a, *right = *(State *const *)b;
  return left->since < right->since ? -1 : left->since > right->since;
}

int
command_list (int argc, char **argv)
{
  gboolean json = argc == 2 && strcmp (argv[1], "--json") == 0;
  if (argc > 2 || (argc == 2 && !json))
    return subcommand_usage ("list");
  g_autoptr (GError) error = NULL;
  g_autofree char *root = jobdir_root (&error);
  g_auto (GStrv) ids = root ? jobdir_list (&error) : NULL;
  if (!ids)
    return subcommand_failed (error);
  g_autoptr (GPtrArray) states = g_ptr_array_new_with_free_func ((GDestroyNotify)state_free);
  for (guint i = 0; ids[i]; i++) {
    g_autofree char *dir = g_build_filename (root, ids[i], NULL);
    g_ptr_array_add (states, state_read (dir));
  }
  g_ptr_array_sort (states, compare_age);
  if (json) {
    print_json (states);
    return 0;
  }
  if (states->len == 0) {
    printf ("There are no jobs in %s.\n", root);
    return 0;
  }
  printf ("%-8s  %-20s  %-9s  %-9s  %8s  %7s  %s\n", "JOB", "GUEST", "STATUS", "PHASE", "PROGRESS",
          "AGE", "MESSAGE");
  for (guint i = 0; i < states->len; i++)
    print_line (g_ptr_array_index (states, i));
  return 0;
}
