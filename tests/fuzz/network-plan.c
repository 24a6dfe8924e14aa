/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network configuration and udev's rules. */
#include "fuzz.h"
#include "machine.h"
#include "p2v-server/convert/linux/network-plan.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_autoptr (P2vMachine) machine = fuzz_machine ();
  for (int eth = 0; eth < 2; eth++) {
    g_autoptr (GPtrArray) names = network_plan (machine, NULL, text, eth);
    MUST (names->len <= machine->nics->len);
  }
  gboolean holds = FALSE;
  g_free (network_rule_name (text, "52:54:00:00:00:01", &holds));
  return 0;
}
