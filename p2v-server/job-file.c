/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job-file.h"
#include <string.h>
#include "keep-file.h"
#include "recheck.h"

gboolean
job_file_write (const char *dir, const char *instance, JsonObject *settings, JsonObject *machine,
                GError **error)
{
  g_autoptr (JsonObject) content = json_object_new ();
  json_object_set_string_member (content, "version", P2V_VERSION);
  json_object_set_string_member (content, "instance", instance);
  json_object_set_object_member (content, "settings", json_object_ref (settings));
  json_object_set_object_member (content, "machine", json_object_ref (machine));
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), content);
  g_autofree char *text = json_to_string (node, TRUE);
  g_autofree char *path = g_build_filename (dir, "job.json", NULL);
  return keep_file (path, text, KEEP_NORMAL, error);
}

static gboolean
write_again (Job *job, const char *instance, GError **error)
{
  g_autoptr (JsonObject) machine = p2v_machine_to_json (job->machine);
  return job_file_write (job->dir, instance, job->settings, machine, error);
}

gboolean
job_file_replace_instance (Job *job, const char *instance, GError **error)
{
  /* In this order: a process that dies in between trusts less, not more. */
  if (!recheck_require (job, error) || !write_again (job, instance, error))
    return FALSE;
  g_free (job->instance);
  job->instance = g_strdup (instance);
  return TRUE;
}

gboolean
job_file_set_option (Job *job, const char *option, GError **error)
{
  if (strcmp (option, "badblocks=zero") != 0) {
    p2v_set_error (error, P2V_ERROR_SETTINGS, "There is badblocks=zero.",
                   "The job has no option \"%.40s\".", option);
    return FALSE;
  }
  json_object_set_string_member (job->settings, "badblocks", "zero");
  return write_again (job, job->instance, error);
}
