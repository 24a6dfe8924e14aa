/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "survey.h"
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "common/error.h"
#include "common/message.h"
#include "control.h"
#include "job-state.h"
#include "jobdir.h"
#include "session-job.h"
#include "target/files.h"
#include "target/hypervisor.h"

static JsonArray *
strings (char **words)
{
  JsonArray *array = json_array_new ();
  for (guint i = 0; words && words[i]; i++)
    json_array_add_string_element (array, words[i]);
  return array;
}

static void
add_bridges (JsonArray *networks)
{
  g_autoptr (GDir) dir = g_dir_open ("/sys/class/net", 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *bridge = g_build_filename ("/sys/class/net", name, "bridge", NULL);
    g_autofree char *word = g_strconcat ("bridge:", name, NULL);
    /* libvirt's networks have bridges of their own, which are not for choosing. */
    if (g_file_test (bridge, G_FILE_TEST_IS_DIR) && !g_str_has_prefix (name, "virbr"))
      json_array_add_string_element (networks, word);
  }
}

/* Asking a session daemon would start it, which is too much for a look: so only where
 * the target is libvirt or the system's one is ours anyway. */
static void
add_choices (JsonObject *answer, JsonObject *settings)
{
  g_autoptr (Hypervisor) hypervisor = NULL;
  g_auto (GStrv) pools = NULL, networks = NULL;
  gboolean libvirt = g_str_equal (p2v_json_string (settings, "output.type", ""), "libvirt");
  const char *fallback = geteuid () == 0 ? "qemu:///system" : "qemu:///session";
  const char *uri = p2v_json_string (settings, "output.connection", fallback);
  if (libvirt || geteuid () == 0)
    hypervisor = hypervisor_open (uri, NULL);
  if (hypervisor) {
    pools = hypervisor_pools (hypervisor);
    networks = hypervisor_networks (hypervisor);
  }
  JsonArray *all = strings (networks);
  add_bridges (all);
  json_object_set_array_member (answer, "pools", strings (pools));
  json_object_set_array_member (answer, "networks", all);
}

static void
take_warning (const char *text, gpointer data)
{
  json_array_add_string_element (data, text);
}

/* The name is reserved for a job of this same machine, with which the client will be asked
 * to go on: then nothing is in the way. */
static gboolean
is_own_reservation (const char *waiting, const GError *refusal)
{
  return waiting && g_error_matches (refusal, P2V_ERROR, P2V_ERROR_TARGET) &&
         strstr (refusal->message, waiting) != NULL;
}

static gboolean
check_target (Job *job, const char *waiting, gboolean *reserved, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  *reserved = job->target->ops->check (job->target, job, &refusal);
  if (*reserved || is_own_reservation (waiting, refusal))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

static gboolean
ask_target (JsonObject *survey, JsonObject *answer, JsonArray *warnings, GError **error)
{
  if (!session_check_settings (p2v_json_object (survey, "settings"), error))
    return FALSE;
  /* Without a machine it was only about what there is to choose from. */
  if (!p2v_json_object (survey, "machine"))
    return TRUE;
  g_autofree char *root = jobdir_root (error);
  if (!root)
    return FALSE;
  g_autofree char *id = g_strdup_printf ("survey-%d", (int)getpid ());
  g_autofree char *dir = g_build_filename (root, id, NULL);
  g_autoptr (Job) job = job_imagine (dir, survey, error);
  if (!job)
    return FALSE;
  report_on_warning (job->report, take_warning, warnings);
  job->target = target_new (job, error);
  if (!job->target)
    return FALSE;
  g_autofree char *waiting = session_waiting_job (job->machine);
  gboolean reserved, ok = check_target (job, waiting, &reserved, error);
  if (waiting)
    json_object_set_string_member (answer, "waiting", waiting);
  if (job->target->files) {
    const char *directory = target_files_directory (job->target->files);
    struct statvfs fs;
    json_object_set_string_member (answer, "directory", directory);
    if (statvfs (directory, &fs) == 0)
      json_object_set_int_member (answer, "free", (gint64)((guint64)fs.f_bavail * fs.f_frsize));
    if (reserved)
      job->target->ops->abandon (job->target, job);
  }
  return ok;
}

JsonObject *
survey_answer (JsonObject *survey)
{
  g_autoptr (GError) error = NULL;
  JsonObject *answer = p2v_message_new ("survey");
  JsonArray *warnings = json_array_new ();
  json_object_set_string_member (answer, "directory", "");
  json_object_set_int_member (answer, "free", -1);
  json_object_set_array_member (answer, "warnings", warnings);
  add_choices (answer, p2v_json_object (survey, "settings"));
  if (!ask_target (survey, answer, warnings, &error)) {
    JsonObject *object = json_object_new ();
    channel_put_error (object, error);
    json_object_set_object_member (answer, "error", object);
  }
  return answer;
}
