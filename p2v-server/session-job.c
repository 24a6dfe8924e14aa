/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session-job.h"
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "common/machine.h"
#include "common/message.h"
#include "daemon.h"
#include "job-file.h"
#include "jobdir.h"
#include "revive.h"
#include "same-machine.h"
#include "socket.h"
#include "target/target.h"

/* For the job's process to answer: it is busy for moments at most. */
#define ATTACH_MS 10000
#define LOOK_US   (G_USEC_PER_SEC / 10)

/* Settings that "start" may carry. */
static const char *const known_settings[] = {"output.type",
                                             "output.storage",
                                             "output.format",
                                             "output.allocation",
                                             "output.connection",
                                             "output.misc",
                                             "root",
                                             "badblocks",
                                             NULL};

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

gboolean
session_check_settings (JsonObject *settings, GError **error)
{
  return check_settings (settings, error) && check_kind (settings, error);
}

/* ---- coming back ---- */

/* The content of a JSON file of the job in DIR, NULL without it. */
static JsonObject *
read_object (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  return p2v_json_read (path);
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

/* The client of a link that broke is taken for attached until its silence is noticed. */
#define BUSY_US ((P2V_SILENCE_S + 5) * G_USEC_PER_SEC)

/* The connection to the job in DIR, to whose process WORD ("attach" or "adopt") is said; -1
 * with an error, or with *LAST ("finished") when it has ended.  A process that is gone is
 * started again. */
static int
attach (const char *dir, const char *word, const char *instance, JsonObject **last, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "ctl.sock", NULL);
  g_autofree char *line = g_strdup_printf ("%s %s", word, instance);
  gint64 begin = g_get_monotonic_time (), end = begin + ATTACH_MS * 1000;
  while (g_get_monotonic_time () < end) {
    gboolean alive = jobdir_is_alive (dir);
    int fd = socket_connect (path);
    g_autofree char *answer = fd >= 0 ? socket_ask (fd, line, ATTACH_MS) : NULL;
    if (g_strcmp0 (answer, "attached") == 0)
      return fd;
    if (fd >= 0)
      close (fd);
    if (g_strcmp0 (answer, "busy") == 0)
      end = begin + BUSY_US;
    else if (answer)
      return belongs_to_another (dir, error);
    if (!alive) {
      *last = read_object (dir, "finished.json");
      if (*last || !revive_for_client (dir, error))
        return -1;
      end = MAX (end, g_get_monotonic_time () + ATTACH_MS * 1000);
    }
    g_usleep (LOOK_US);
  }
  p2v_set_error (error, P2V_ERROR_LINK, "Look into its log on the conversion server.",
                 "The process of the job does not answer, or another client is with it.");
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
  return attach (dir, "attach", instance, last, error);
}

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

/* ---- taking over ---- */

/* Is the job in DIR one of MACHINE that has not ended? */
static gboolean
may_be_adopted (const char *dir, const P2vMachine *machine)
{
  g_autoptr (State) state = state_read (dir);
  g_autoptr (JsonObject) job = state_is_open (state) ? read_object (dir, "job.json") : NULL;
  JsonObject *object = p2v_json_object (job, "machine");
  g_autoptr (P2vMachine) other = object ? p2v_machine_from_json (object, NULL) : NULL;
  return other && same_machine (machine, other);
}

/* The newest of them (caller frees).  *ATTENDED: there is one, but a client is with it. */
static char *
look_for_adoptable (const P2vMachine *machine, gboolean *attended)
{
  g_autofree char *root = jobdir_root (NULL);
  g_auto (GStrv) ids = root ? jobdir_list (NULL) : NULL;
  g_autofree char *found = NULL;
  gint64 newest = -1;
  for (guint i = 0; ids && ids[i]; i++) {
    g_autofree char *dir = g_build_filename (root, ids[i], NULL);
    if (!may_be_adopted (dir, machine))
      continue;
    g_autoptr (State) state = state_read (dir);
    if (g_str_equal (state->status, STATE_RUNNING)) {
      *attended = TRUE;
    } else if (state->since > newest) {
      newest = state->since;
      g_free (found);
      found = g_steal_pointer (&dir);
    }
  }
  return g_steal_pointer (&found);
}

/* A client that is there may be the one that was switched off: then that is noticed soon.  Or it
 * is another machine after all, made of the same image as this one. */
static char *
find_adoptable (const P2vMachine *machine)
{
  gint64 end = g_get_monotonic_time () + BUSY_US;
  for (;;) {
    gboolean attended = FALSE;
    char *found = look_for_adoptable (machine, &attended);
    if (found || !attended || g_get_monotonic_time () > end)
      return found;
    g_usleep (5 * LOOK_US);
  }
}

char *
session_waiting_job (const P2vMachine *machine)
{
  gboolean attended;
  g_autofree char *dir = look_for_adoptable (machine, &attended);
  return dir ? g_path_get_basename (dir) : NULL;
}

JsonObject *
session_find_waiting (JsonObject *start)
{
  const char *instance = p2v_json_string (start, "instance", "");
  g_autofree char *started = find_started (instance);
  g_autoptr (P2vMachine) machine = p2v_machine_from_json (p2v_json_object (start, "machine"), NULL);
  if (!machine || started || p2v_json_string (start, "beside", NULL))
    return NULL;
  g_autofree char *dir = find_adoptable (machine);
  if (!dir)
    return NULL;
  g_autoptr (State) state = state_read (dir);
  JsonObject *waiting = p2v_message_new ("waiting");
  json_object_set_string_member (waiting, "job", state->id);
  json_object_set_string_member (waiting, "name", state->name);
  json_object_set_string_member (waiting, "phase", state->phase);
  json_object_set_string_member (waiting, "status", state->status);
  json_object_set_int_member (waiting, "since", state->since);
  return waiting;
}

int
session_adopt_job (JsonObject *adopt, char **id, JsonObject **last, GError **error)
{
  const char *instance = p2v_json_string (adopt, "instance", "");
  *id = g_strdup (p2v_json_string (adopt, "job", ""));
  g_autofree char *dir = jobdir_find (*id, error);
  if (!dir)
    return -1;
  g_autoptr (P2vMachine) machine =
      p2v_machine_from_json (p2v_json_object (adopt, "machine"), error);
  if (!machine)
    return -1;
  if (p2v_instance_is_valid (instance) && may_be_adopted (dir, machine))
    return attach (dir, "adopt", instance, last, error);
  p2v_set_error (error, P2V_ERROR_JOB, "Start the conversion again.",
                 "The job %s is not of this machine, or it has ended.", *id);
  return -1;
}

/* ---- starting ---- */

static char *
make_job (JsonObject *start, GError **error)
{
  int lock_fd = -1;
  g_autofree char *dir = jobdir_new (&lock_fd, error);
  if (!dir)
    return NULL;
  g_autofree char *id = g_path_get_basename (dir);
  gboolean ok = job_file_write (dir, p2v_json_string (start, "instance", ""),
                                p2v_json_object (start, "settings"),
                                p2v_json_object (start, "machine"), error) &&
                daemon_start (id, lock_fd, error);
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
  if (!machine || !session_check_settings (settings, error))
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
  return attach (dir, "attach", instance, last, error);
}
