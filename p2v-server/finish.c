/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase finish: final names, metadata, registration, and the figures of the
 * whole job. */
#include "badblocks.h"
#include "broker.h"
#include "common/message.h"
#include "handover.h"
#include "job-state.h"
#include "phases.h"
#include "target/target.h"

/* Above P2V_SILENCE_S: a client that is gone is then known to be. */
#define QUERY_SECONDS 60

static void
add_figure (Job *job, const char *name, guint64 value)
{
  report_figure (job->report, name, (gint64)value);
}

/* Whoever read them got the right bytes: the broker asked the source again. */
static void
report_damage (Job *job, const JobDisk *disk, const BrokerStats *stats)
{
  if (stats->damaged == 0)
    return;
  report_repair (job->report,
                 "Disk %u (%s): %" G_GUINT64_FORMAT
                 " units of the cache in the job directory were damaged, the first at byte "
                 "%" G_GUINT64_FORMAT "; read again from the physical machine.",
                 disk->index, disk->source->device, stats->damaged, stats->damaged_where);
  report_warning (job->report,
                  "The job directory's storage lost or changed what was written to it; check it.");
}

/* What the server itself knows. */
static void
report_own_figures (Job *job)
{
  guint64 size = 0, used = 0, from_source = 0, from_overlay = 0, allocated = 0, fetched = 0;
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    size += disk->source->size;
    used += disk->used_bytes;
    from_source += disk->copied_source;
    from_overlay += disk->copied_overlay;
    allocated += disk->target_allocated;
    BrokerStats stats = {0};
    if (disk->broker && broker_stats (disk->broker, &stats)) {
      fetched += stats.fetched;
      report_damage (job, disk, &stats);
    }
  }
  add_figure (job, "disk_bytes", size);
  add_figure (job, "used_bytes", used);
  add_figure (job, "copied_source_bytes", from_source);
  add_figure (job, "copied_overlay_bytes", from_overlay);
  add_figure (job, "broker_fetched_bytes", fetched);
  add_figure (job, "target_allocated_bytes", allocated);
}

/* What the client counted where the disks are. */
static void
report_client_figures (Job *job, JsonObject *answer)
{
  static const struct {
    const char *member, *figure;
  } sums[] = {
      {"block_layer", "source_bytes_read_block_layer"},
      {"nbdkit", "source_bytes_read_nbdkit"},
      {"payload", "tunnel_payload_bytes"},
      {"wire", "wire_bytes"},
  };
  JsonArray *disks = p2v_json_array (answer, "disks");
  for (guint s = 0; s < G_N_ELEMENTS (sums); s++) {
    guint64 sum = 0;
    for (guint i = 0; disks && i < json_array_get_length (disks); i++) {
      JsonNode *node = json_array_get_element (disks, i);
      if (JSON_NODE_HOLDS_OBJECT (node))
        sum += (guint64)MAX (p2v_json_int (json_node_get_object (node), sums[s].member, 0), 0);
    }
    add_figure (job, sums[s].figure, sum);
  }
  add_figure (job, "wire_bytes_to_machine", (guint64)MAX (p2v_json_int (answer, "wire_in", 0), 0));
}

static gboolean
ask_client (Job *job, GError **error)
{
  g_autoptr (GError) cause = NULL;
  JsonObject *answer = job_query (job, "stats", QUERY_SECONDS, &cause);
  if (answer) {
    report_client_figures (job, answer);
    json_object_unref (answer);
    return TRUE;
  }
  if (g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  g_autofree char *sentence = p2v_error_sentence (cause);
  report_warning (job->report, "The client's own counters are missing from this report: %s",
                  sentence);
  return TRUE;
}

gboolean
phase_finish (Job *job, GError **error)
{
  Target *target = job->target;
  report_own_figures (job);
  badblocks_report (job);
  if (!ask_client (job, error) || !target->ops->write_metadata (target, job, error) ||
      !job_check_cancelled (job, error))
    return FALSE;
  if (target->ops->register_guest && !target->ops->register_guest (target, job, error))
    return FALSE;
  handover_report (job);
  job_set_complete (job);
  target_commit (target);
  return TRUE;
}

void
undo_finish (Job *job)
{
  if (job->target)
    job->target->ops->abandon (job->target, job);
}
