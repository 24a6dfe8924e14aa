/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One data channel: frames on a stream of SSH, plain NBD on nbdkit's socket. */
#pragma once
#include <stdatomic.h>
#include "stream.h"

typedef struct {
  _Atomic guint64 payload_out, payload_in, wire_out, wire_in; /* as in TunnelCounters */
} RelayCounters;

typedef struct Relay Relay;

/* Connects to nbdkit at SOCKET and starts `p2v-server data JOB DISK` on SESSION.
 * Counts into COUNTERS (borrowed). */
Relay *relay_open (Session *session, const char *job, guint disk, const char *socket,
                   RelayCounters *counters, GCancellable *cancel, GError **error);
void relay_free (Relay *relay);

/* Moves what can be moved now, in both directions, without waiting; COMPRESS: new
 * frames are compressed; HELD: nothing is taken from the server.  At most *ALLOWED bytes
 * go to the server, and are subtracted there.  P2V_ERROR_LINK (also when
 * the other end of the channel was lost or killed), _PROTOCOL (bad frames), or _JOB with
 * what the server said when it refused the channel. */
gboolean relay_step (Relay *relay, gboolean compress, gboolean held, gsize *allowed,
                     GError **error);

/* What to wait for at nbdkit's socket (fd -1: nothing); revents go back by
 * relay_notice. */
void relay_poll (Relay *relay, struct pollfd *pollfd);
void relay_notice (Relay *relay, const struct pollfd *pollfd);

/* TRUE while there is something to send to the server and no room for it. */
gboolean relay_is_blocked (Relay *relay);

/* Adds the bytes this relay took from nbdkit, and what they came to in frames. */
void relay_add_traffic (Relay *relay, guint64 *plain, guint64 *sent);

/* TRUE when another relay_step that is ALLOWED so much would get further at once. */
gboolean relay_is_busy (Relay *relay, gsize allowed);

/* TRUE when both directions have ended: nothing more will happen. */
gboolean relay_is_done (Relay *relay);
