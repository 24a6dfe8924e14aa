/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"
#include "keep-file.h"
#include "report-text.h"

/* One JSON object, in the order in which its parts came. */
struct Report {
  GMutex lock;
  JsonObject *root;
  ReportWarning on_warning;
  gpointer data;
};

static const char *const lists[] = {"phases", "repairs", "warnings", "changes"};

/* What an empty report has; of SAVED (may be NULL) what it holds of that, and more. */
static JsonObject *
make_root (JsonObject *saved)
{
  JsonObject *root = json_object_new ();
  json_object_set_object_member (root, "figures", json_object_new ());
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    json_object_set_array_member (root, lists[i], json_array_new ());
  g_autoptr (GList) names = saved ? json_object_get_members (saved) : NULL;
  for (GList *l = names; l; l = l->next)
    json_object_set_member (root, l->data, json_object_dup_member (saved, l->data));
  return root;
}

Report *
report_new (void)
{
  Report *report = g_new0 (Report, 1);
  g_mutex_init (&report->lock);
  report->root = make_root (NULL);
  return report;
}

void
report_free (Report *report)
{
  if (!report)
    return;
  json_object_unref (report->root);
  g_mutex_clear (&report->lock);
  g_free (report);
}

/* Adds ENTRY (reference taken) to the list MEMBER. */
static void
append_object (Report *report, const char *member, JsonObject *entry)
{
  g_mutex_lock (&report->lock);
  json_array_add_object_element (json_object_get_array_member (report->root, member), entry);
  g_mutex_unlock (&report->lock);
}

void
report_change (Report *report, const char *step, const char *file, const char *what,
               const char *why)
{
  JsonObject *entry = json_object_new ();
  json_object_set_string_member (entry, "step", step);
  if (file)
    json_object_set_string_member (entry, "file", file);
  json_object_set_string_member (entry, "what", what);
  json_object_set_string_member (entry, "why", why);
  append_object (report, "changes", entry);
}

guint
report_n_changes (Report *report)
{
  g_mutex_lock (&report->lock);
  guint n = json_array_get_length (json_object_get_array_member (report->root, "changes"));
  g_mutex_unlock (&report->lock);
  return n;
}

static gboolean
has_line (JsonArray *lines, const char *text)
{
  for (guint i = 0; i < json_array_get_length (lines); i++)
    if (g_str_equal (json_array_get_string_element (lines, i), text))
      return TRUE;
  return FALSE;
}

/* Adds a sentence to the list MEMBER; FALSE when it is there already. */
static gboolean
append_line (Report *report, const char *member, const char *text)
{
  g_mutex_lock (&report->lock);
  JsonArray *lines = json_object_get_array_member (report->root, member);
  gboolean is_new = !has_line (lines, text);
  if (is_new)
    json_array_add_string_element (lines, text);
  g_mutex_unlock (&report->lock);
  return is_new;
}

void
report_repair (Report *report, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  append_line (report, "repairs", text);
}

void
report_warning (Report *report, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  if (append_line (report, "warnings", text) && report->on_warning)
    report->on_warning (text, report->data);
}

void
report_on_warning (Report *report, ReportWarning on_warning, gpointer data)
{
  report->on_warning = on_warning;
  report->data = data;
}

void
report_phase (Report *report, const char *phase, double seconds)
{
  JsonObject *entry = json_object_new ();
  json_object_set_string_member (entry, "name", phase);
  json_object_set_double_member (entry, "seconds", seconds);
  append_object (report, "phases", entry);
}

void
report_figure (Report *report, const char *name, gint64 value)
{
  g_mutex_lock (&report->lock);
  json_object_set_int_member (json_object_get_object_member (report->root, "figures"), name, value);
  g_mutex_unlock (&report->lock);
}

void
report_text (Report *report, const char *name, const char *value)
{
  g_mutex_lock (&report->lock);
  json_object_set_string_member (report->root, name, value);
  g_mutex_unlock (&report->lock);
}

void
report_object (Report *report, const char *name, JsonNode *value)
{
  g_mutex_lock (&report->lock);
  json_object_set_member (report->root, name, value);
  g_mutex_unlock (&report->lock);
}

static void
replace_root (Report *report, JsonObject *root)
{
  json_object_unref (report->root);
  report->root = root;
}

void
report_reset (Report *report)
{
  g_mutex_lock (&report->lock);
  g_autoptr (JsonNode) phases = json_object_dup_member (report->root, "phases");
  replace_root (report, make_root (NULL));
  json_object_set_member (report->root, "phases", g_steal_pointer (&phases));
  g_mutex_unlock (&report->lock);
}

void
report_restore (Report *report, JsonObject *saved)
{
  g_mutex_lock (&report->lock);
  replace_root (report, make_root (saved));
  g_mutex_unlock (&report->lock);
}

static JsonNode *
report_copy (Report *report)
{
  g_mutex_lock (&report->lock);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, report->root);
  /* json_node_copy would share the object: only text is independent of it. */
  g_autofree char *text = json_to_string (node, FALSE);
  g_mutex_unlock (&report->lock);
  return json_from_string (text, NULL);
}

JsonObject *
report_to_json (Report *report)
{
  g_autoptr (JsonNode) node = report_copy (report);
  return json_node_dup_object (node);
}

char *
report_to_text (Report *report)
{
  g_autoptr (JsonObject) object = report_to_json (report);
  return report_text_render (object);
}

gboolean
report_write (Report *report, const char *dir, GError **error)
{
  g_autoptr (JsonNode) node = report_copy (report);
  g_autofree char *json = json_to_string (node, TRUE);
  g_autofree char *line = g_strconcat (json, "\n", NULL);
  g_autofree char *text = report_text_render (json_node_get_object (node));
  g_autofree char *json_path = g_build_filename (dir, "report.json", NULL);
  g_autofree char *text_path = g_build_filename (dir, "report.txt", NULL);
  return keep_file (json_path, line, KEEP_DURABLE, error) &&
         keep_file (text_path, text, KEEP_DURABLE, error);
}
