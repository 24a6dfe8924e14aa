/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A way through a jump host: a connection in a channel of an SSH session there, which a thread
 * carries to and from a socket here.  What goes through it is another SSH session, so that the
 * jump host sees neither passwords nor data of that. */
#pragma once
#include "peer.h"
#include "session.h"

typedef struct Jump Jump;

/* Owns SESSION, which is logged in to PEER, the jump host (borrowed until it is freed). */
Jump *jump_new (Session *session, const Peer *peer);
/* After what jump_dial gave is closed; what was written there before still goes out. */
void jump_free (Jump *jump);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Jump, jump_free)

/* A socket that is connected to TO by the jump host, or -1: P2V_ERROR_CONNECT says whether the
 * jump host forbids it or cannot reach TO; P2V_ERROR_LINK, P2V_ERROR_CANCELLED.  Gives up after
 * LIMIT_S seconds.  One at a time: the one before is closed by then.  Caller closes. */
int jump_dial (Jump *jump, const Peer *to, guint limit_s, GCancellable *cancel, GError **error);

/* Why the connection to the jump host is gone (copied); FALSE: it is not. */
gboolean jump_failed (Jump *jump, GError **error);
