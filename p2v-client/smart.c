/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "smart.h"
#include "common/message.h"
#include <gio/gio.h>

/* ATA attributes (ACS, annex; what smartmontools calls them) */
#define PENDING       197 /* Current_Pending_Sector */
#define UNCORRECTABLE 198 /* Offline_Uncorrectable */

static guint64
positive (gint64 value)
{
  return value > 0 ? (guint64)value : 0;
}

static guint64
read_attributes (JsonObject *ata)
{
  JsonArray *table = p2v_json_array (ata, "table");
  guint64 most = 0;
  for (guint i = 0; table && i < json_array_get_length (table); i++) {
    JsonNode *node = json_array_get_element (table, i);
    JsonObject *row = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    gint64 id = row ? p2v_json_int (row, "id", 0) : 0;
    JsonObject *raw = row ? p2v_json_object (row, "raw") : NULL;
    if (raw && (id == PENDING || id == UNCORRECTABLE))
      most = MAX (most, positive (p2v_json_int (raw, "value", 0)));
  }
  return most;
}

gboolean
smart_parse (const char *json, SmartHealth *health)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  *health = (SmartHealth){0};
  if (!node || !JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  JsonObject *all = json_node_get_object (node);
  JsonObject *status = p2v_json_object (all, "smart_status");
  JsonObject *ata = p2v_json_object (all, "ata_smart_attributes");
  JsonObject *nvme = p2v_json_object (all, "nvme_smart_health_information_log");
  JsonObject *scsi = p2v_json_object (all, "scsi_error_counter_log");
  JsonObject *reads = scsi ? p2v_json_object (scsi, "read") : NULL;
  health->failing = status && !p2v_json_bool (status, "passed", TRUE);
  if (ata)
    health->unreadable = read_attributes (ata);
  if (nvme)
    health->unreadable = positive (p2v_json_int (nvme, "media_errors", 0));
  if (reads)
    health->unreadable = positive (p2v_json_int (reads, "total_uncorrected_errors", 0));
  return status || ata || nvme || reads;
}

gboolean
smart_read (const char *device, SmartHealth *health)
{
  /* A disk that fails may not answer at all.  smartctl's status is a set of bits that are
   * not zero for just those disks that are of interest. */
  const char *const argv[] = {"timeout",      "20",          "smartctl", "--json=c", "--health",
                              "--attributes", "--log=error", device,     NULL};
  g_autoptr (GSubprocess) process = g_subprocess_newv (
      argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
  g_autofree char *text = NULL;
  *health = (SmartHealth){0};
  return process && g_subprocess_communicate_utf8 (process, NULL, NULL, &text, NULL, NULL) &&
         text && smart_parse (text, health);
}
