/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "summary.h"
#include "common/message.h"
#include "common/text.h"
#include "estimate.h"
#include <string.h>

static const char *
plural (guint32 n)
{
  return n == 1 ? "" : "s";
}

static const char *
short_name (const char *device)
{
  return g_str_has_prefix (device, "/dev/") ? device + strlen ("/dev/") : device;
}

static void
describe_disk (GString *out, const P2vDisk *disk)
{
  g_autofree char *size = estimate_format_bytes (disk->size);
  g_string_append_printf (out, "  disk  %-10s %10s", short_name (disk->device), size);
  if (disk->model)
    g_string_append_printf (out, "  %s", disk->model);
  if (disk->serial)
    g_string_append_printf (out, ", serial %s", disk->serial);
  if (disk->logical_block_size != 512)
    g_string_append_printf (out, ", sectors of %u bytes", disk->logical_block_size);
  g_string_append_c (out, '\n');
}

char *
summary_of_machine (const P2vMachine *machine, const Settings *settings)
{
  g_autoptr (GString) out = g_string_new ("This machine: ");
  g_autofree char *memory = estimate_format_bytes (machine->memory);
  if (machine->vendor || machine->product)
    g_string_append_printf (out, "%s%s%s, ", machine->vendor ? machine->vendor : "",
                            machine->vendor && machine->product ? " " : "",
                            machine->product ? machine->product : "");
  g_string_append_printf (out, "%s%s\n", machine->uefi ? "UEFI" : "BIOS",
                          machine->secure_boot ? " with Secure Boot" : "");
  for (guint i = 0; i < machine->disks->len; i++)
    describe_disk (out, g_ptr_array_index (machine->disks, i));
  for (guint i = 0; i < machine->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (machine->nics, i);
    g_string_append_printf (out, "  card  %-10s %s%s%s to network %s\n", nic->name, nic->mac,
                            nic->driver ? ", " : "", nic->driver ? nic->driver : "", nic->network);
  }
  g_string_append_printf (out, "Guest: %s, %u processor%s", machine->name, machine->vcpus,
                          plural (machine->vcpus));
  if (machine->sockets > 0)
    g_string_append_printf (out, " (%u socket%s, %u core%s, %u thread%s)", machine->sockets,
                            plural (machine->sockets), machine->cores, plural (machine->cores),
                            machine->threads, plural (machine->threads));
  const char *storage = settings_get (settings, SETTING_output_storage);
  g_string_append_printf (out, ", %s of memory\nTarget: %s%s%s, %s", memory,
                          settings_get (settings, SETTING_output_type), storage ? " " : "",
                          storage ? storage : "", settings_get (settings, SETTING_output_format));
  return g_strdup (out->str);
}

static void
append_phases (GString *out, JsonArray *phases)
{
  double sum = 0;
  g_string_append (out, "Seconds per phase\n");
  for (guint i = 0; i < json_array_get_length (phases); i++) {
    JsonNode *node = json_array_get_element (phases, i);
    JsonObject *phase = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    JsonNode *value = phase ? json_object_get_member (phase, "seconds") : NULL;
    double seconds = value && JSON_NODE_HOLDS_VALUE (value) ? json_node_get_double (value) : 0;
    sum += seconds;
    g_string_append_printf (out, "  %-20s %10.1f\n",
                            phase ? p2v_json_string (phase, "name", "?") : "?", seconds);
  }
  g_string_append_printf (out, "  %-20s %10.1f\n", "all", sum);
}

/* The columns are read at four places on the same way, so that a difference shows
 * where bytes were read twice or got lost. */
static void
append_disks (GString *out, JsonArray *disks, const P2vMachine *machine)
{
  static const char *const columns[] = {"block_layer", "nbdkit", "payload", "wire"};
  guint64 sums[G_N_ELEMENTS (columns)] = {0};
  g_string_append_printf (out, "%-14s %15s %15s %15s %15s\n", "Bytes read", "block layer", "nbdkit",
                          "tunnel", "on the wire");
  for (guint i = 0; i < json_array_get_length (disks) && i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    JsonNode *node = json_array_get_element (disks, i);
    if (!JSON_NODE_HOLDS_OBJECT (node))
      continue;
    g_string_append_printf (out, "  %-12s", short_name (disk->device));
    for (guint c = 0; c < G_N_ELEMENTS (columns); c++) {
      gint64 value = p2v_json_int (json_node_get_object (node), columns[c], 0);
      sums[c] += (guint64)value;
      g_string_append_printf (out, " %15" G_GINT64_FORMAT, value);
    }
    g_string_append_c (out, '\n');
  }
  g_string_append_printf (out, "  %-12s", "all");
  for (guint c = 0; c < G_N_ELEMENTS (columns); c++)
    g_string_append_printf (out, " %15" G_GUINT64_FORMAT, sums[c]);
  g_string_append_c (out, '\n');
}

static void
append_figures (GString *out, JsonObject *figures)
{
  g_autoptr (GList) names = json_object_get_members (figures);
  g_string_append (out, "Figures of the conversion server\n");
  for (GList *l = names; l; l = l->next) {
    g_autofree char *words = g_strdelimit (g_strdup (l->data), "_", ' ');
    gint64 value = p2v_json_int (figures, l->data, 0);
    g_autofree char *size = estimate_format_bytes ((guint64)MAX (value, 0));
    gboolean bytes = strstr (words, "bytes") && value >= 1024;
    g_string_append_printf (out, "  %-34s %16" G_GINT64_FORMAT "%s%s%s\n", words, value,
                            bytes ? " (" : "", bytes ? size : "", bytes ? ")" : "");
  }
}

/* They went by while it worked; here is where they are read. */
static void
append_warnings (GString *out, JsonArray *warnings)
{
  g_string_append (out, "Warnings\n");
  for (guint i = 0; i < json_array_get_length (warnings); i++) {
    JsonNode *node = json_array_get_element (warnings, i);
    if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
      g_string_append_printf (out, "  - %s\n", json_node_get_string (node));
  }
}

char *
summary_of_job (JsonObject *summary, const P2vMachine *machine)
{
  g_autoptr (GString) out = g_string_new (NULL);
  JsonArray *phases = p2v_json_array (summary, "phases");
  JsonObject *figures = p2v_json_object (summary, "figures");
  JsonObject *client = p2v_json_object (summary, "client");
  JsonArray *warnings = p2v_json_array (summary, "warnings");
  JsonArray *disks = client ? p2v_json_array (client, "disks") : NULL;
  if (phases && json_array_get_length (phases) > 0)
    append_phases (out, phases);
  if (disks)
    append_disks (out, disks, machine);
  if (figures && json_object_get_size (figures) > 0)
    append_figures (out, figures);
  if (warnings && json_array_get_length (warnings) > 0)
    append_warnings (out, warnings);
  if (out->len > 0)
    g_string_truncate (out, out->len - 1);
  return p2v_text_clean (out->str, "\n"); /* the server is not trusted with the terminal */
}
