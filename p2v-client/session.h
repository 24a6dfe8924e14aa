/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One SSH connection to the conversion server, also through a jump host.  A session belongs
 * to one thread.  libssh stands behind four files: session.c (connection), hostkey.c,
 * auth.c and stream.c (channels). */
#pragma once
#include <gio/gio.h>
#include <libssh/libssh.h>
#include <poll.h>
#include "hostkey.h"
#include "identity.h"
#include "peer.h"
#include "settings.h"

typedef struct Session Session;

/* Connects, checks the host key (p2v.hostkey, /etc/p2v/known_hosts,
 * ~/.ssh/known_hosts), logs in (IDENTITY when there is one, then p2v.password by
 * password and keyboard-interactive).  With p2v.jump first the same at the jump host, and
 * then through it.  Gives up after 20 s without an answer.
 * Errors: P2V_ERROR_CONNECT, _HOSTKEY (for an unknown key the remedy is the
 * exact p2v.hostkey=SHA256:… argument to add), _AUTH, _CANCELLED. */
Session *session_open (const Settings *settings, const Identity *identity, GCancellable *cancel,
                       GError **error);

/* The same; *SEEN is what the server showed as its host key, or the jump host when it got no
 * further, also when that was refused. */
Session *session_open_seeing (const Settings *settings, const Identity *identity, HostkeySeen *seen,
                              GCancellable *cancel, GError **error);
void session_free (Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Session, session_free)

/* TRUE when p2v-server is to be run by sudo there. */
gboolean session_uses_sudo (Session *session);

ssh_session session_handle (Session *session);

/* "user@host", for messages. */
const char *session_peer (Session *session);

/* Serves the connection once: waits up to TIMEOUT_MS for it or for one of the N
 * OTHERS (whose revents are set), lets libssh receive and send, asks the server
 * for a sign of life every few seconds.  P2V_ERROR_LINK when the connection is
 * gone or the server has not answered that for P2V_SILENCE_S seconds. */
gboolean session_pump (Session *session, struct pollfd *others, guint n, int timeout_ms,
                       GError **error);

/* TRUE while libssh holds bytes that the kernel has not taken: writing more would
 * only grow its buffer. */
gboolean session_is_congested (Session *session);

/* Waits a moment before a libssh call that said "again" is repeated.  FALSE with
 * P2V_ERROR_CANCELLED, or after DEADLINE (g_get_monotonic_time) with CODE. */
gboolean session_wait (Session *session, gint64 deadline, int code, GCancellable *cancel,
                       GError **error);

/* P2V_ERROR_NO_SERVER (with STDERR_TEXT of the remote shell) when a channel
 * ended with 126/127 or "not found" before saying hello; P2V_ERROR_AUTH when
 * sudo refused; else P2V_ERROR_LINK. */
void session_explain_exit (int status, const char *stderr_text, GError **error);
