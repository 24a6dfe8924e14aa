/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image's own network: what there is, and what a person sets instead.  On the image
 * only, where systemd-networkd (systemd.network(5)) does the work. */
#pragma once
#include <gio/gio.h>

typedef struct {
  char *name;
  char *mac;
  gboolean carrier;
  gint64 speed;    /* Mbit/s, below 1: not known */
  char *addresses; /* "192.0.2.9, 2001:db8::9" without link-local ones, "" for none */
} NetworkCard;

typedef struct {
  char *card;
  gboolean dhcp;
  char *address;  /* "192.0.2.9/24", without DHCP */
  char *gateway;  /* "" for none */
  char *dns;      /* addresses separated by blanks, "" for none */
  guint vlan;     /* tag, 1 to 4094; 0: none */
  char **members; /* cards that work together as a bond, instead of "card"; NULL: none */
  char *mode;     /* of the bond, one of network_bond_modes */
} NetworkPlan;

/* The kernel's modes of a bond, the most usual first; NULL-ended. */
extern const char *const network_bond_modes[];

/* NetworkCard *, Ethernet cards by name (caller unrefs). */
GPtrArray *network_read (void);

/* TRUE when one of them has an address. */
gboolean network_is_up (GPtrArray *cards);

/* The addresses of CARD, of its VLANs, and of the bond that it is in: "192.0.2.9,
 * 2001:db8::9" without link-local ones, "" for none (caller frees). */
char *network_addresses (const char *card);

/* Lets the light of CARD's port blink for so long, where the card can.  P2V_ERROR_CONNECT,
 * P2V_ERROR_CANCELLED. */
gboolean network_blink (const char *card, guint seconds, GCancellable *cancel, GError **error);

/* ---- network-plan.c ---- */

void network_plan_free (NetworkPlan *plan);

/* An IPv4 or IPv6 address as text, without a prefix. */
gboolean network_is_address (const char *text);

/* Could this be right?  P2V_ERROR_SETTINGS, in words for a dialog. */
gboolean network_check (const NetworkPlan *plan, GError **error);

/* The files of PLAN in DIR; those of an earlier plan go. */
gboolean network_write (const NetworkPlan *plan, const char *dir, GError **error);

/* Puts PLAN in force and waits until there is an address, at most half a minute.
 * P2V_ERROR_CONNECT when none comes, P2V_ERROR_CANCELLED. */
gboolean network_apply (const NetworkPlan *plan, GCancellable *cancel, GError **error);
