/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job-ending.h"
#include <string.h>
#include "common/message.h"
#include "job-state.h"
#include "jobdir.h"
#include "keep-file.h"

/* The client's summary is the report; a line has its limit. */
static JsonObject *
summary_of (Job *job)
{
  JsonObject *summary = report_to_json (job->report);
  g_autofree char *line = p2v_message_to_line (summary);
  if (strlen (line) > P2V_MESSAGE_MAX / 2)
    json_object_remove_member (summary, "changes");
  return summary;
}

static JsonObject *
write_last_word (Job *job, const char *result, const GError *error)
{
  JsonObject *message = p2v_message_new ("finished");
  json_object_set_string_member (message, "result", result);
  if (error) {
    JsonObject *object = json_object_new ();
    channel_put_error (object, error);
    json_object_set_object_member (message, "error", object);
  }
  json_object_set_object_member (message, "summary", summary_of (job));
  g_autofree char *line = p2v_message_to_line (message);
  g_autofree char *path = job_path (job, "finished.json");
  g_autoptr (GError) cause = NULL;
  if (!keep_file (path, line, KEEP_NORMAL, &cause))
    p2v_warning ("%s", cause->message);
  return message;
}

static void
write_report (Job *job, const char *result, const GError *error)
{
  g_autoptr (GError) cause = NULL;
  report_text (job->report, "job", job->id);
  report_text (job->report, "guest", job->machine->name);
  report_text (job->report, "outcome", result);
  if (error) {
    g_autofree char *sentence = p2v_error_sentence (error);
    report_text (job->report, "error", sentence);
  }
  if (report_write (job->report, job->dir, &cause))
    return;
  g_autofree char *sentence = p2v_error_sentence (cause);
  p2v_warning ("%s", sentence);
}

JsonObject *
job_ending_write (Job *job, const GError *error)
{
  gboolean cancelled = error && g_error_matches (error, P2V_ERROR, P2V_ERROR_CANCELLED);
  const char *status = !error ? STATE_DONE : cancelled ? STATE_CANCELLED : STATE_FAILED;
  const char *result = !error ? "ok" : cancelled ? "cancelled" : "failed";
  g_autofree char *problem =
      error ? p2v_error_problem (error) : g_strdup ("The guest is finished.");
  g_autofree char *remedy = error ? p2v_error_remedy (error) : NULL;
  p2v_log (error && !cancelled ? P2V_LOG_ERROR : P2V_LOG_INFO, "%s: %s%s%s", result, problem,
           remedy ? " " : "", remedy ? remedy : "");
  write_report (job, result, error);
  jobdir_strip (job->dir);
  JsonObject *last = write_last_word (job, result, error);
  job_set_status (job, status, problem, remedy);
  return last;
}
