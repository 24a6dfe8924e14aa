/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCP connection below a session. */
#pragma once
#include <gio/gio.h>
#include "peer.h"

/* A connected, non-blocking socket to PEER (every address of a name is tried), with
 * TCP_NODELAY and keepalives, or -1.  Gives up after LIMIT_S seconds, name look-up
 * included.  P2V_ERROR_CONNECT says whether the name was not found, the port refused,
 * nobody answered, or there is no way there; P2V_ERROR_CANCELLED. */
int dial_peer (const Peer *peer, guint limit_s, GCancellable *cancel, GError **error);
