/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report-text.h"
#include <string.h>
#include "size.h"

/* "how_to_go_live" → "How to go live", underlined. */
static void
heading (GString *out, const char *name)
{
  g_autofree char *words = g_strdelimit (g_strdup (name), "_", ' ');
  words[0] = g_ascii_toupper (words[0]);
  gsize length = strlen (words);
  g_string_append_printf (out, "%s%s\n", out->len ? "\n" : "", words);
  for (gsize i = 0; i < length; i++)
    g_string_append_c (out, '-');
  g_string_append_c (out, '\n');
}

static void
render_phases (GString *out, JsonArray *phases)
{
  double sum = 0;
  for (guint i = 0; i < json_array_get_length (phases); i++) {
    JsonObject *phase = json_array_get_object_element (phases, i);
    double seconds = json_object_get_double_member (phase, "seconds");
    sum += seconds;
    g_string_append_printf (out, "%-40s %10.1f s\n", json_object_get_string_member (phase, "name"),
                            seconds);
  }
  g_string_append_printf (out, "%-40s %10.1f s\n", "all", sum);
}

static void
render_figures (GString *out, JsonObject *figures)
{
  g_autoptr (GList) names = json_object_get_members (figures);
  for (GList *l = names; l; l = l->next) {
    const char *name = l->data;
    gint64 value = json_object_get_int_member (figures, name);
    g_autofree char *words = g_strdelimit (g_strdup (name), "_", ' ');
    g_string_append_printf (out, "%-40s %16" G_GINT64_FORMAT, words, value);
    if (value >= 1024 && strstr (name, "bytes")) {
      g_autofree char *size = size_text ((guint64)value);
      g_string_append_printf (out, "  (%s)", size);
    }
    g_string_append_c (out, '\n');
  }
}

static void
render_changes (GString *out, JsonArray *changes)
{
  const char *last = "";
  for (guint i = 0; i < json_array_get_length (changes); i++) {
    JsonObject *change = json_array_get_object_element (changes, i);
    const char *step = json_object_get_string_member (change, "step");
    if (strcmp (step, last) != 0)
      g_string_append_printf (out, "[%s]\n", step);
    last = step;
    const char *file = json_object_get_string_member_with_default (change, "file", NULL);
    g_string_append_printf (out, "  %s%s%s\n", file ? file : "", file ? ": " : "",
                            json_object_get_string_member (change, "what"));
    g_string_append_printf (out, "      Why: %s\n", json_object_get_string_member (change, "why"));
  }
}

static void render_value (GString *out, JsonNode *node, guint depth);

static void
render_members (GString *out, JsonObject *object, guint depth)
{
  g_autoptr (GList) names = json_object_get_members (object);
  for (GList *l = names; l; l = l->next) {
    JsonNode *value = json_object_get_member (object, l->data);
    g_autofree char *words = g_strdelimit (g_strdup (l->data), "_", ' ');
    g_string_append_printf (out, "%*s%s:", (int)depth * 2, "", words);
    if (!JSON_NODE_HOLDS_VALUE (value))
      g_string_append_c (out, '\n');
    else
      g_string_append_c (out, ' ');
    render_value (out, value, depth + 1);
  }
}

/* Anything that somebody put in with report_object. */
static void
render_value (GString *out, JsonNode *node, guint depth)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    render_members (out, json_node_get_object (node), depth);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);
    for (guint i = 0; i < json_array_get_length (array); i++) {
      JsonNode *element = json_array_get_element (array, i);
      if (i > 0 && JSON_NODE_HOLDS_OBJECT (element))
        g_string_append_c (out, '\n');
      if (JSON_NODE_HOLDS_VALUE (element))
        g_string_append_printf (out, "%*s- ", (int)depth * 2, "");
      render_value (out, element, depth);
    }
  } else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING) {
    g_string_append_printf (out, "%s\n", json_node_get_string (node));
  } else {
    g_autofree char *text = json_to_string (node, FALSE);
    g_string_append_printf (out, "%s\n", text);
  }
}

static void
render_warnings (GString *out, JsonArray *warnings)
{
  for (guint i = 0; i < json_array_get_length (warnings); i++)
    g_string_append_printf (out, "- %s\n", json_array_get_string_element (warnings, i));
}

/* Lists and objects that have nothing in them get no section. */
static gboolean
is_empty (JsonNode *node)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    return json_array_get_length (json_node_get_array (node)) == 0;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_get_size (json_node_get_object (node)) == 0;
  return FALSE;
}

static void
render_section (GString *out, JsonObject *report, const char *name)
{
  JsonNode *node = json_object_get_member (report, name);
  if (!node || is_empty (node))
    return;
  heading (out, name);
  if (g_str_equal (name, "phases"))
    render_phases (out, json_node_get_array (node));
  else if (g_str_equal (name, "figures"))
    render_figures (out, json_node_get_object (node));
  else if (g_str_equal (name, "warnings"))
    render_warnings (out, json_node_get_array (node));
  else if (g_str_equal (name, "changes"))
    render_changes (out, json_node_get_array (node));
  else
    render_value (out, node, 0);
}

char *
report_text_render (JsonObject *report)
{
  /* What a person looks for first stands first, the long lists at the end. */
  static const char *const last[] = {"warnings", "phases", "figures", "changes", NULL};
  GString *out = g_string_new (NULL);
  g_autoptr (GList) names = json_object_get_members (report);
  for (GList *l = names; l; l = l->next)
    if (!g_strv_contains (last, l->data))
      render_section (out, report, l->data);
  for (guint i = 0; last[i]; i++)
    render_section (out, report, last[i]);
  /* Names and settings of a guest are in it, and it is read on a terminal. */
  for (char *p = out->str; *p; p++)
    if (*p != '\n' && g_ascii_iscntrl (*p))
      *p = '?';
  return g_string_free (out, FALSE);
}
