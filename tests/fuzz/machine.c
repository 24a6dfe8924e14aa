/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The description of a machine: what is accepted can be written and read again. */
#include "fuzz.h"
#include "common/machine.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_utf8 (data, size);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return 0;
  g_autoptr (P2vMachine) machine = p2v_machine_from_json (json_node_get_object (root), NULL);
  if (!machine)
    return 0;
  MUST (p2v_machine_name_valid (machine->name) && machine->disks->len > 0);
  g_autoptr (JsonObject) written = p2v_machine_to_json (machine);
  g_autoptr (P2vMachine) again = p2v_machine_from_json (written, NULL);
  MUST (again && again->disks->len == machine->disks->len);
  MUST (again->nics->len == machine->nics->len && again->memory == machine->memory);
  return 0;
}
