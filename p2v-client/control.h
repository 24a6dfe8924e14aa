/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control channel: `p2v-server session` and the messages of docs/protocol.md. */
#pragma once
#include "common/message.h"
#include "session.h"

typedef struct Control Control;

/* Takes one message from the server (borrowed); FALSE with an error ends it all. */
typedef gboolean (*ControlCallback) (JsonObject *message, gpointer data, GError **error);

/* Starts `p2v-server session` and exchanges hellos within 20 s.  Errors:
 * P2V_ERROR_NO_SERVER, P2V_ERROR_VERSION, P2V_ERROR_PROTOCOL, P2V_ERROR_LINK,
 * P2V_ERROR_CANCELLED, or what the server said itself.  Frees before the session. */
Control *control_open (Session *session, GCancellable *cancel, GError **error);
void control_free (Control *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Control, control_free)

/* The server's hello (borrowed): version, targets. */
JsonObject *control_hello (Control *control);

/* What is wrong with this machine's clock, as the server's hello shows; NULL: nothing, or it does
 * not say (borrowed). */
const char *control_clock (Control *control);

/* Queues a message; control_serve sends it. */
void control_send (Control *control, JsonObject *message);

/* The same for a whole LINE with its newline that holds a secret: what is kept of it here is
 * wiped as soon as it has been sent. */
void control_send_secret (Control *control, const char *line);

/* Bytes that are queued. */
gsize control_unsent (Control *control);

/* Sends and receives what is there now, after waiting at most TIMEOUT_MS for it or for
 * WAKE_FD (-1: none) to become readable; CALLBACK gets every whole message.
 * P2V_ERROR_LINK when the server has ended the session, P2V_ERROR_PROTOCOL for what
 * is no message; whatever CALLBACK sets. */
gboolean control_serve (Control *control, int timeout_ms, int wake_fd, ControlCallback callback,
                        gpointer data, GError **error);

/* Sends all that is queued, without listening, for at most TIMEOUT_MS. */
void control_flush (Control *control, int timeout_ms);

/* The error that a message's code, problem and remedy members name, as one to show;
 * control characters and overlong texts are cut (the server is not trusted with the
 * terminal). */
GError *control_error (JsonObject *object);

/* TEXT in one line without control characters, at most 1000 characters (caller frees). */
char *control_clean_text (const char *text);
