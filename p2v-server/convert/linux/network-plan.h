/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network card had which name in the guest: a pure function. */
#pragma once
#include "common/machine.h"

typedef struct {
  const P2vNic *nic;
  char *name;
  gboolean deduced;  /* the only name and the only card that were left over */
  gboolean by_order; /* "eth1": the second card that the ISO found; there are others, and the
                        installed system may have found them in another order */
  gboolean kept;     /* the guest ties it to the card's MAC address by itself */
} NetworkName;

void network_name_free (NetworkName *name);

/* GIVEN: NetworkName * for cards that the guest's rules and .link files name,
 * whatever its configuration uses; may be NULL.  CONFIGURATION: the guest's
 * network configuration, all files of it, any format.  PREFER_ETH: the guest
 * names its cards the old way (net.ifnames=0).  Returns NetworkName * for each card that is
 * given and each whose name is used; caller unrefs. */
GPtrArray *network_plan (const P2vMachine *machine, const GPtrArray *given,
                         const char *configuration, gboolean prefer_eth);

/* The name that udev's persistent-net RULES give the card with MAC; *holds: the rule goes on
 * doing so on other hardware.  NULL when there is none; caller frees. */
char *network_rule_name (const char *rules, const char *mac, gboolean *holds);
