/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data channels: each carries one NBD connection between nbdkit's unix
 * socket here and `p2v-server data JOB DISK` there, in frames (common/frame.h).
 * One thread per SSH session; the relay is our own because libssh's
 * ssh_connector takes a full window for the end of the stream. */
#pragma once
#include <gio/gio.h>
#include "identity.h"
#include "settings.h"

typedef struct Tunnel Tunnel;

typedef struct {
  guint64 payload_out; /* NBD bytes from disk to server */
  guint64 payload_in;
  guint64 wire_out; /* the same in frames, after compression */
  guint64 wire_in;
} TunnelCounters;

/* Opens p2v.connections SSH sessions (each logs in by itself), and on each of
 * them one channel per disk: DISK i is connected to SOCKETS[i] (NULL-ended strv).
 * With more disks than sshd allows channels in a session (MaxSessions, 10 unless
 * set), each of these is several sessions.  Returns at once: the sessions are opened by
 * their threads, and opened again when they break (backoff.h), for p2v.reconnect
 * seconds each time.  SETTINGS, IDENTITY (may be NULL) and SOCKETS are borrowed until it
 * is freed.  Caller frees. */
Tunnel *tunnel_open (const Settings *settings, const Identity *identity, const char *job,
                     const char *const *sockets);

/* HELD: the disks get no new requests until it is called again, so that nothing is read
 * meanwhile. */
void tunnel_hold (Tunnel *tunnel, gboolean held);

/* The first error of any thread that trying again did not heal (copied), or FALSE while
 * all is well. */
gboolean tunnel_failed (Tunnel *tunnel, GError **error);

/* Sums over all channels of one disk; DISK G_MAXUINT: of all. */
void tunnel_counters (Tunnel *tunnel, guint disk, TunnelCounters *counters);

/* Ends all channels and threads and frees. */
void tunnel_free (Tunnel *tunnel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tunnel, tunnel_free)
