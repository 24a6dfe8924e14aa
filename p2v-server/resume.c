/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resume.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "carry.h"
#include "common/message.h"
#include "job-state.h"
#include "keep-file.h"

#define FILE_NAME "converted.json"

static gboolean
sync_overlay (const JobDisk *disk, GError **error)
{
  int fd = open (disk->overlay, O_RDONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;
  int saved = errno;
  if (fd >= 0)
    close (fd);
  return ok || keep_file_failed (disk->overlay, saved == ENOSPC || saved == EDQUOT,
                                 g_strerror (saved), error);
}

gboolean
resume_save (Job *job, GError **error)
{
  JsonArray *used = json_array_new ();
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    json_array_add_int_element (used, (gint64)disk->used_bytes);
    if (!sync_overlay (disk, error)) {
      json_array_unref (used);
      return FALSE;
    }
  }
  g_autoptr (JsonObject) content = json_object_new ();
  json_object_set_object_member (content, "guest", guest_info_to_json (job->info));
  json_object_set_array_member (content, "used_bytes", used);
  json_object_set_object_member (content, "report", report_to_json (job->report));
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), content);
  g_autofree char *text = json_to_string (node, FALSE);
  g_autofree char *path = job_path (job, FILE_NAME);
  return keep_file (path, text, KEEP_DURABLE, error);
}

static gboolean
load_guest (Job *job)
{
  g_autofree char *path = job_path (job, FILE_NAME);
  g_autoptr (JsonObject) content = p2v_json_read (path);
  JsonObject *guest = p2v_json_object (content, "guest");
  JsonObject *report = p2v_json_object (content, "report");
  JsonArray *used = p2v_json_array (content, "used_bytes");
  if (!guest || !report || !used || json_array_get_length (used) != job->disks->len)
    return FALSE;
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    disk->used_bytes = (guint64)MAX (json_array_get_int_element (used, i), 0);
  }
  g_clear_pointer (&job->info, guest_info_free);
  job->info = guest_info_from_json (guest);
  report_restore (job->report, report);
  return TRUE;
}

void
resume_recall (Job *job)
{
  State *record = job->state->record;
  g_autoptr (State) earlier = state_read (job->dir);
  if (!*earlier->phase)
    return;
  p2v_info ("going on with a job that was in phase %s", earlier->phase);
  state_set (&record->phase, earlier->phase);
  state_set (&record->again, earlier->again);
  record->since = earlier->since;
  record->complete = earlier->complete;
  record->furthest = earlier->furthest;
  record->revivals = earlier->revivals;
  for (PhaseIndex i = PHASE_INSPECT; i < N_PHASES; i++)
    if (g_strcmp0 (phases[i].name, earlier->again) == 0)
      job->again = i;
  if (job->again > PHASE_INSPECT && !load_guest (job)) {
    p2v_warning ("what is known of the guest is missing or damaged: it is converted again");
    for (guint i = 0; i < job->disks->len; i++)
      carry_keep (g_ptr_array_index (job->disks, i), job->again >= PHASE_COPY);
    job->again = PHASE_INSPECT;
  }
}
