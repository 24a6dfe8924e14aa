/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the image takes from a kernel command line: ip= and its like, iSCSI. */
#include "fuzz.h"
#include "iscsi.h"
#include "network-args.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_autoptr (NetworkArgs) network = network_args_parse (text, NULL);
  g_autoptr (IscsiPlan) iscsi = iscsi_parse (text, NULL);
  for (guint i = 0; iscsi && i < iscsi->targets->len; i++)
    g_free (iscsi_configuration (g_ptr_array_index (iscsi->targets, i)));
  /* What becomes a file's name or a line of it cannot leave it. */
  for (guint i = 0; network && i < network->links->len; i++) {
    const NetworkLink *link = g_ptr_array_index (network->links, i);
    MUST (!link->name || !strpbrk (link->name, "/\n"));
    MUST (!link->address || !strchr (link->address, '\n'));
    MUST (!link->set_mac || !strchr (link->set_mac, '\n'));
  }
  return 0;
}
