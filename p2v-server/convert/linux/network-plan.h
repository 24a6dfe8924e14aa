/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network card had which name in the guest: a pure function. */
#pragma once
#include "common/machine.h"

typedef struct {
  const P2vNic *nic;
  char *name;
  gboolean deduced; /* the only name and the only card that were left over */
} NetworkName;

/* CONFIGURATION: the guest's network configuration, all files of it, any format.
 * PREFER_ETH: the guest names its cards the old way (net.ifnames=0).  Returns
 * NetworkName * for each card whose name is used; caller unrefs. */
GPtrArray *network_plan (const P2vMachine *machine, const char *configuration, gboolean prefer_eth);

/* TRUE when a line of udev's persistent-net RULES names the card with MAC and
 * goes on doing so on other hardware. */
gboolean network_rule_holds (const char *rules, const char *mac);
