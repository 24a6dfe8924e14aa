/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that is logged in to: the conversion server, or the jump host on the way to it. */
#pragma once
#include "settings.h"

typedef struct {
  gboolean jump; /* the jump host */
  char *host;    /* name or address; an international name in its ASCII form */
  guint16 port;
  char *user;
  char *login;             /* "user@host" */
  char *title;             /* "The conversion server HOST", to begin a sentence with */
  char **pinned;           /* its host key's fingerprints, or NULL */
  const char *pinned_name; /* the argument that gives them */
} Peer;

/* Caller frees.  peer_jump: NULL when there is none. */
Peer *peer_server (const Settings *settings);
Peer *peer_jump (const Settings *settings);
void peer_free (Peer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)

/* The parts of "[USER@]HOST[:PORT]", an IPv6 address with a port in brackets; *USER becomes
 * NULL and *PORT 0 when they are not in it (caller frees).  FALSE: it is none. */
gboolean peer_split (const char *place, char **user, char **host, guint16 *port);
