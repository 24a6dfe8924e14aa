/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages "Network" let the machine's cards do (network.h), in threads. */
#pragma once
#include "network.h"
#include "work.h"

/* The highest tag of a VLAN (IEEE 802.1Q, 9.6). */
#define NETWORK_SET_VLAN_MAX 4094

/* ERROR is borrowed, and NULL when it went well. */
typedef void (*NetworkSetDone) (const GError *error, gpointer owner);

/* Puts PLAN, which it owns, in force: network_apply. */
GCancellable *network_set_start (NetworkPlan *plan, NetworkSetDone done, GObject *owner);

/* Lets CARD's light blink for a while, or until it is cancelled: network_blink. */
GCancellable *network_set_blink (const char *card, NetworkSetDone done, GObject *owner);
