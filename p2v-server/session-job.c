/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session-job.h"
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "common/machine.h"
#include "common/message.h"
#include "daemon.h"
#include "jobdir.h"
#include "socket.h"
#include "state.h"
#include "target/target.h"

/* For the job's process to answer: it is busy for moments at most. */
#define ATTACH_MS 10000
#define LOOK_US   (G_USEC_PER_SEC / 10)

/* Settings that "start" may carry. */
static const char *const known_settings[] = {
    "output.type",       "output.storage", "output.format", "output.allocation",
    "output.connection", "output.misc",    "root",          NULL};

static gboolean
check_settings (JsonObject *settings, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (settings);
  for (GList *l = names; l; l = l->next) {
    if (g_strv_contains (known_settings, l->data) && p2v_json_string (settings, l->data, NULL))
      continue;
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Check that both sides run the same release of p2v.",
                   "The server does not know the setting \"%.40s\", or it is no text.",
                   (const char *)l->data);
    return FALSE;
  }
  return TRUE;
}

/* Known before there is a job, for the hello says which there are. */
static gboolean
check_kind (JsonObject *settings, GError **error)
{
  const char *kind = p2v_json_string (settings, "output.type", "local");
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; target_kinds ()[i]; i++) {
    const TargetOps *ops = target_kinds ()[i];
    if (strcmp (ops->name, kind) == 0)
      return TRUE;
    g_string_append_printf (names, "%sp2v.o=%s (%s)", i ? ", " : "", ops->name, ops->words);
  }
  g_autofree char *remedy = g_strdup_printf ("This server knows %s.", names->str);
  p2v_set_error (error, P2V_ERROR_TARGET, remedy, "There is no kind of target \"%.40s\".", kind);
  return FALSE;
}

static gboolean
write_start (const char *dir, JsonObject *start, GError **error)
{
  g_autoptr (JsonObject) content = json_object_new ();
  json_object_set_string_member (content, "version", P2V_VERSION);
  json_object_set_string_member (content, "instance", p2v_json_string (start, "instance", ""));
  json_object_set_object_member (content, "settings",
                                 json_object_ref (p2v_json_object (start, "settings")));
  json_object_set_object_member (content, "machine",
                                 json_object_ref (p2v_json_object (start, "machine")));
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), content);
  g_autofree char *text = json_to_string (node, TRUE);
  g_autofree char *path = g_build_filename (dir, "job.json", NULL);
  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    return TRUE;
  gboolean full = g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  p2v_set_error (error, full ? P2V_ERROR_SPACE : P2V_ERROR_JOB,
                 "Make room there or set P2V_STATE_DIR to another directory of the login user.",
                 "The job directory %s cannot be written: %s.", dir, cause->message);
  return FALSE;
}

/* ---- coming back ---- */

/* The content of a JSON file of the job in DIR, NULL without it. */
static JsonObject *
read_object (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  if (g_file_get_contents (path, &text, NULL, NULL))
    root = json_from_string (text, NULL);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

static gboolean
belongs_to (const char *dir, const char *instance)
{
  g_autoptr (JsonObject) job = read_object (dir, "job.json");
  return strcmp (p2v_json_string (job, "instance", ""), instance) == 0;
}

static int
belongs_to_another (const char *dir, GError **error)
{
  g_autofree char *id = g_path_get_basename (dir);
  p2v_set_error (error, P2V_ERROR_JOB, "Start the conversion again.",
                 "The job %s belongs to another run of p2v-client.", id);
  return -1;
}

/* No process, no last word. */
static int
has_died (const char *dir, GError **error)
{
  g_autoptr (State) state = state_read (dir);
  p2v_set_error (error, P2V_ERROR_JOB, state->remedy, "The job %s has ended: %s", state->id,
                 state->message ? state->message : state->status);
  return -1;
}

/* The connection to the job in DIR; -1 with an error, or with *LAST ("finished") when
 * it has ended. */
static int
attach (const char *dir, const char *instance, JsonObject **last, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "ctl.sock", NULL);
  g_autofree char *line = g_strconcat ("attach ", instance, NULL);
  gint64 end = g_get_monotonic_time () + ATTACH_MS * 1000;
  while (g_get_monotonic_time () < end) {
    gboolean alive = jobdir_is_alive (dir);
    int fd = socket_connect (path);
    g_autofree char *answer = fd >= 0 ? socket_ask (fd, line, ATTACH_MS) : NULL;
    if (answer && g_str_equal (answer, "attached"))
      return fd;
    if (fd >= 0)
      close (fd);
    if (answer)
      return belongs_to_another (dir, error);
    *last = alive ? NULL : read_object (dir, "finished.json");
    if (!alive)
      return *last ? -1 : has_died (dir, error);
    g_usleep (LOOK_US);
  }
  p2v_set_error (error, P2V_ERROR_LINK, "Look into its log on the conversion server.",
                 "The process of the job does not answer.");
  return -1;
}

int
session_find_job (JsonObject *message, char **id, JsonObject **last, GError **error)
{
  const char *instance = p2v_json_string (message, "instance", "");
  *id = g_strdup (p2v_json_string (message, "job", ""));
  g_autofree char *dir = jobdir_find (*id, error);
  if (!dir)
    return -1;
  if (!p2v_instance_is_valid (instance) || !belongs_to (dir, instance))
    return belongs_to_another (dir, error);
  return attach (dir, instance, last, error);
}

/* ---- starting ---- */

/* The job that a "start" of this client has made already (caller frees). */
static char *
find_started (const char *instance)
{
  g_autofree char *root = jobdir_root (NULL);
  g_auto (GStrv) ids = root ? jobdir_list (NULL) : NULL;
  for (guint i = 0; ids && ids[i]; i++) {
    g_autofree char *dir = g_build_filename (root, ids[i], NULL);
    if (belongs_to (dir, instance))
      return g_steal_pointer (&dir);
  }
  return NULL;
}

static char *
make_job (JsonObject *start, GError **error)
{
  int lock_fd = -1;
  g_autofree char *dir = jobdir_new (&lock_fd, error);
  if (!dir)
    return NULL;
  g_autofree char *id = g_path_get_basename (dir);
  gboolean ok = write_start (dir, start, error) && daemon_start (id, lock_fd, error);
  close (lock_fd);
  if (ok)
    return g_steal_pointer (&dir);
  jobdir_remove (dir, NULL);
  return NULL;
}

int
session_start_job (JsonObject *start, char **id, JsonObject **last, GError **error)
{
  g_autoptr (P2vMachine) machine =
      p2v_machine_from_json (p2v_json_object (start, "machine"), error);
  JsonObject *settings = p2v_json_object (start, "settings");
  const char *instance = p2v_json_string (start, "instance", "");
  if (!machine || !check_settings (settings, error) || !check_kind (settings, error))
    return -1;
  if (!p2v_instance_is_valid (instance)) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, "Check that both sides run the same release of p2v.",
                   "The client's instance is not 32 hexadecimal digits.");
    return -1;
  }
  g_autofree char *dir = find_started (instance);
  if (!dir)
    dir = make_job (start, error);
  if (!dir)
    return -1;
  *id = g_path_get_basename (dir);
  return attach (dir, instance, last, error);
}
