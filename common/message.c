/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "message.h"
#include "error.h"
#include <math.h>
#include <string.h>

#define DEEPEST 32

typedef enum { STRING, INT, OBJECT, STRINGS } Kind;

typedef struct {
  const char *name;
  Kind kind;
  gboolean optional;
} Member;

typedef struct {
  P2vDirection from;
  const char *type;
  Member members[8]; /* ended by an empty one */
} Shape;

/* The protocol: docs/protocol.md says what each means. */
static const Shape shapes[] = {
    {P2V_FROM_CLIENT, "hello", {{"protocol", INT, 0}, {"version", STRING, 0}}},
    {P2V_FROM_CLIENT,
     "start",
     {{"instance", STRING, 0},
      {"settings", OBJECT, 0},
      {"machine", OBJECT, 0},
      {"beside", STRING, 1}}},
    {P2V_FROM_CLIENT, "survey", {{"settings", OBJECT, 0}, {"machine", OBJECT, 1}}},
    {P2V_FROM_CLIENT, "attach", {{"job", STRING, 0}, {"instance", STRING, 0}}},
    {P2V_FROM_CLIENT,
     "adopt",
     {{"job", STRING, 0}, {"instance", STRING, 0}, {"machine", OBJECT, 0}}},
    {P2V_FROM_CLIENT, "alive", {{0}}},
    {P2V_FROM_CLIENT, "digests", {{"disk", INT, 0}, {"records", STRING, 0}}},
    {P2V_FROM_CLIENT, "log", {{"level", STRING, 0}, {"text", STRING, 0}}},
    {P2V_FROM_CLIENT, "answer", {{"id", INT, 0}, {"data", OBJECT, 0}}},
    {P2V_FROM_CLIENT, "cancel", {{0}}},
    {P2V_FROM_CLIENT, "bye", {{0}}},
    {P2V_FROM_SERVER,
     "hello",
     {{"protocol", INT, 0},
      {"version", STRING, 0},
      {"targets", STRINGS, 0},
      {"digest", STRING, 0},
      {"time", INT, 1}}},
    {P2V_FROM_SERVER,
     "waiting",
     {{"job", STRING, 0},
      {"name", STRING, 0},
      {"phase", STRING, 0},
      {"status", STRING, 0},
      {"since", INT, 0}}},
    {P2V_FROM_SERVER,
     "survey",
     {{"directory", STRING, 0},
      {"free", INT, 0},
      {"pools", STRINGS, 0},
      {"networks", STRINGS, 0},
      {"warnings", STRINGS, 0},
      {"waiting", STRING, 1},
      {"error", OBJECT, 1}}},
    {P2V_FROM_SERVER, "accepted", {{"job", STRING, 0}}},
    {P2V_FROM_SERVER,
     "phase",
     {{"phase", STRING, 0},
      {"words", STRING, 0},
      {"index", INT, 0},
      {"count", INT, 0},
      {"bytes", INT, 1}}},
    {P2V_FROM_SERVER,
     "progress",
     {{"phase", STRING, 0},
      {"done", INT, 0},
      {"total", INT, 0},
      {"link_done", INT, 1},
      {"link_total", INT, 1}}},
    {P2V_FROM_SERVER, "log", {{"level", STRING, 0}, {"text", STRING, 0}}},
    {P2V_FROM_SERVER, "taken", {{"disk", INT, 0}, {"records", INT, 0}}},
    {P2V_FROM_SERVER,
     "query",
     {{"id", INT, 0},
      {"what", STRING, 0},
      {"disk", INT, 1},
      {"ranges", STRING, 1},
      {"choices", STRINGS, 1},
      {"closed", STRINGS, 1}}},
    {P2V_FROM_SERVER,
     "stopped",
     {{"code", STRING, 0}, {"problem", STRING, 0}, {"remedy", STRING, 1}}},
    {P2V_FROM_SERVER,
     "finished",
     {{"result", STRING, 0}, {"error", OBJECT, 1}, {"summary", OBJECT, 0}}},
    {P2V_FROM_SERVER,
     "error",
     {{"code", STRING, 0}, {"problem", STRING, 0}, {"remedy", STRING, 1}}},
};

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  p2v_set_error (error, P2V_ERROR_PROTOCOL,
                 "Check that both sides run the same release of p2v and that the login shell on "
                 "the conversion server prints nothing of its own.",
                 "The other side sent something that is not a message of p2v: %s.", what);
  return FALSE;
}

/* json-glib recurses into nested values without a limit of its own. */
static gboolean
check_depth (const char *line, gsize length, GError **error)
{
  guint depth = 0;
  gboolean in_string = FALSE;
  for (gsize i = 0; i < length; i++) {
    if (in_string) {
      if (line[i] == '\\')
        i++;
      else if (line[i] == '"')
        in_string = FALSE;
    } else if (line[i] == '"') {
      in_string = TRUE;
    } else if (line[i] == '{' || line[i] == '[') {
      if (++depth > DEEPEST)
        return refuse (error, "nested too deeply");
    } else if ((line[i] == '}' || line[i] == ']') && depth > 0) {
      depth--;
    }
  }
  return TRUE;
}

/* "1e999" is read as infinity, which JSON has no way to write down again. */
static gboolean
is_finite (JsonNode *node)
{
  gboolean finite = TRUE;
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter i;
    JsonNode *member;
    json_object_iter_init (&i, json_node_get_object (node));
    while (finite && json_object_iter_next (&i, NULL, &member))
      finite = is_finite (member);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);
    for (guint i = 0; finite && i < json_array_get_length (array); i++)
      finite = is_finite (json_array_get_element (array, i));
  } else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE) {
    finite = isfinite (json_node_get_double (node));
  }
  return finite;
}

static gboolean
is_kind (JsonNode *node, Kind kind)
{
  switch (kind) {
  case STRING:
    return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
  case INT:
    return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
  case OBJECT:
    return JSON_NODE_HOLDS_OBJECT (node);
  case STRINGS: {
    if (!JSON_NODE_HOLDS_ARRAY (node))
      return FALSE;
    JsonArray *array = json_node_get_array (node);
    for (guint i = 0; i < json_array_get_length (array); i++)
      if (!is_kind (json_array_get_element (array, i), STRING))
        return FALSE;
    return TRUE;
  }
  }
  return FALSE;
}

static const Shape *
find_shape (P2vDirection from, const char *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    if (shapes[i].from == from && g_str_equal (shapes[i].type, type))
      return &shapes[i];
  return NULL;
}

static gboolean
check_members (JsonObject *object, const Shape *shape, GError **error)
{
  guint known = 1; /* "type" */
  for (const Member *m = shape->members; m->name; m++) {
    JsonNode *node = json_object_get_member (object, m->name);
    if (!node && m->optional)
      continue;
    if (!node || !is_kind (node, m->kind))
      return refuse (error, "\"%s\" without a proper \"%s\"", shape->type, m->name);
    known++;
  }
  if (json_object_get_size (object) != known)
    return refuse (error, "\"%s\" with a member that it does not have", shape->type);
  return TRUE;
}

JsonObject *
p2v_message_parse (const char *line, gsize length, P2vDirection from, GError **error)
{
  if (length >= P2V_MESSAGE_MAX || !g_utf8_validate_len (line, length, NULL)) {
    refuse (error, "too long or not UTF-8");
    return NULL;
  }
  if (!check_depth (line, length, error))
    return NULL;
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root = NULL;
  if (json_parser_load_from_data (parser, line, (gssize)length, NULL))
    root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    refuse (error, "not a JSON object");
    return NULL;
  }
  if (!is_finite (root)) {
    refuse (error, "a number beyond all bounds");
    return NULL;
  }
  JsonObject *object = json_node_get_object (root);
  const char *type = p2v_json_string (object, "type", NULL);
  const Shape *shape = type ? find_shape (from, type) : NULL;
  if (!shape) {
    g_autofree char *shown = g_strndup (type ? type : "none", 40);
    refuse (error, "unknown type \"%s\"", shown);
    return NULL;
  }
  if (!check_members (object, shape, error))
    return NULL;
  return json_object_ref (object);
}

gboolean
p2v_instance_is_valid (const char *text)
{
  return strlen (text) == P2V_INSTANCE_LENGTH &&
         strspn (text, G_CSET_DIGITS "abcdef") == P2V_INSTANCE_LENGTH;
}

JsonObject *
p2v_message_new (const char *type)
{
  JsonObject *object = json_object_new ();
  json_object_set_string_member (object, "type", type);
  return object;
}

char *
p2v_message_to_line (JsonObject *message)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), message);
  g_autofree char *text = json_to_string (root, FALSE);
  return g_strconcat (text, "\n", NULL);
}

const char *
p2v_message_type (JsonObject *message)
{
  return p2v_json_string (message, "type", "");
}

JsonObject *
p2v_json_read (const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  if (g_file_get_contents (path, &text, NULL, NULL))
    root = json_from_string (text, NULL);
  return root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root) : NULL;
}

static JsonNode *
member_of_kind (JsonObject *object, const char *member, Kind kind)
{
  JsonNode *node = object ? json_object_get_member (object, member) : NULL;
  return node && is_kind (node, kind) ? node : NULL;
}

const char *
p2v_json_string (JsonObject *object, const char *member, const char *fallback)
{
  JsonNode *node = member_of_kind (object, member, STRING);
  return node ? json_node_get_string (node) : fallback;
}

gint64
p2v_json_int (JsonObject *object, const char *member, gint64 fallback)
{
  JsonNode *node = member_of_kind (object, member, INT);
  return node ? json_node_get_int (node) : fallback;
}

gboolean
p2v_json_bool (JsonObject *object, const char *member, gboolean fallback)
{
  JsonNode *node = object ? json_object_get_member (object, member) : NULL;
  if (!node || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fallback;
  return json_node_get_boolean (node);
}

JsonObject *
p2v_json_object (JsonObject *object, const char *member)
{
  JsonNode *node = member_of_kind (object, member, OBJECT);
  return node ? json_node_get_object (node) : NULL;
}

JsonArray *
p2v_json_array (JsonObject *object, const char *member)
{
  JsonNode *node = object ? json_object_get_member (object, member) : NULL;
  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}
