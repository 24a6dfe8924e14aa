/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"
#include <time.h>
#include "common/error.h"
#include "common/message.h"
#include "jobdir.h"
#include "keep-file.h"

State *
state_new (const char *id, const char *name)
{
  State *state = g_new0 (State, 1);
  state->id = g_strdup (id);
  state->name = g_strdup (name);
  state->phase = g_strdup ("");
  state->status = g_strdup (STATE_RUNNING);
  state->since = state->updated = time (NULL);
  return state;
}

void
state_free (State *state)
{
  if (!state)
    return;
  g_free (state->id);
  g_free (state->name);
  g_free (state->phase);
  g_free (state->status);
  g_free (state->message);
  g_free (state->remedy);
  g_free (state->again);
  g_free (state);
}

void
state_set (char **member, const char *value)
{
  char *copy = g_strdup (value);
  g_free (*member);
  *member = copy;
}

JsonObject *
state_to_json (const State *state)
{
  JsonObject *object = json_object_new ();
  json_object_set_string_member (object, "id", state->id);
  json_object_set_string_member (object, "name", state->name);
  json_object_set_string_member (object, "phase", state->phase);
  json_object_set_string_member (object, "status", state->status);
  if (state->message)
    json_object_set_string_member (object, "message", state->message);
  if (state->remedy)
    json_object_set_string_member (object, "remedy", state->remedy);
  if (state->again)
    json_object_set_string_member (object, "again", state->again);
  json_object_set_int_member (object, "furthest", state->furthest);
  if (state->revivals)
    json_object_set_int_member (object, "revivals", state->revivals);
  if (state->complete)
    json_object_set_boolean_member (object, "complete", TRUE);
  json_object_set_int_member (object, "pid", state->pid);
  json_object_set_int_member (object, "session", state->session);
  json_object_set_int_member (object, "since", state->since);
  json_object_set_int_member (object, "updated", state->updated);
  JsonObject *progress = json_object_new ();
  json_object_set_int_member (progress, "done", (gint64)state->done);
  json_object_set_int_member (progress, "total", (gint64)state->total);
  json_object_set_object_member (object, "progress", progress);
  return object;
}

gboolean
state_write (const State *state, const char *dir, GError **error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, state_to_json (state));
  g_autofree char *json = json_to_string (node, TRUE);
  g_autofree char *text = g_strconcat (json, "\n", NULL);
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  return keep_file (path, text, KEEP_NORMAL, error);
}

static void
load (State *state, JsonObject *object)
{
  state_set (&state->name, p2v_json_string (object, "name", ""));
  state_set (&state->phase, p2v_json_string (object, "phase", ""));
  state_set (&state->status, p2v_json_string (object, "status", STATE_RUNNING));
  state_set (&state->message, p2v_json_string (object, "message", NULL));
  state_set (&state->remedy, p2v_json_string (object, "remedy", NULL));
  state_set (&state->again, p2v_json_string (object, "again", NULL));
  state->furthest = (guint)CLAMP (p2v_json_int (object, "furthest", 0), 0, 1000);
  state->revivals = (guint)CLAMP (p2v_json_int (object, "revivals", 0), 0, 1000);
  state->complete = p2v_json_bool (object, "complete", FALSE);
  state->pid = p2v_json_int (object, "pid", 0);
  state->session = p2v_json_int (object, "session", 0);
  state->since = p2v_json_int (object, "since", 0);
  state->updated = p2v_json_int (object, "updated", 0);
  JsonObject *progress = p2v_json_object (object, "progress");
  state->done = (guint64)MAX (p2v_json_int (progress, "done", 0), 0);
  state->total = (guint64)MAX (p2v_json_int (progress, "total", 0), 0);
}

State *
state_read (const char *dir)
{
  g_autofree char *id = g_path_get_basename (dir);
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  State *state = state_new (id, "");
  /* Before the file: a job that ends in between is not dead. */
  state->alive = jobdir_is_alive (dir);
  g_autoptr (JsonObject) object = p2v_json_read (path);
  if (object)
    load (state, object);
  if (!state->alive &&
      (g_str_equal (state->status, STATE_RUNNING) || g_str_equal (state->status, STATE_WAITING))) {
    state_set (&state->status, STATE_DEAD);
    state_set (&state->message, N_ ("The process of the job ended without a word."));
    g_free (state->remedy);
    state->remedy = g_strdup_printf ("\"p2v-server resume %s\" goes on with it, \"p2v-server "
                                     "cancel %s\" removes what it left.",
                                     id, id);
  }
  return state;
}

gboolean
state_is_open (const State *state)
{
  static const char *const ended[] = {STATE_DONE, STATE_FAILED, STATE_CANCELLED, NULL};
  return !g_strv_contains (ended, state->status);
}
