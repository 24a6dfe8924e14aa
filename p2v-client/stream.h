/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One "p2v-server …" on its own channel of a session: bytes to its standard input,
 * bytes from its standard output, and how it ended.  Nothing here waits; the
 * owner calls session_pump() between the calls. */
#pragma once
#include "session.h"

typedef struct Stream Stream;

/* Starts "p2v-server ARGS…" there (through sudo -n with p2v.sudo).  Each word of ARGS must be
 * of [A-Za-z0-9._-] (checked).  P2V_ERROR_LINK when it cannot be opened.  Frees with
 * stream_free, before the session. */
Stream *stream_open (Session *session, const char *const *args, GCancellable *cancel,
                     GError **error);

/* The same for a TCP connection that the machine there makes to PORT of HOST.  Where that
 * machine refuses or fails, or has nothing to say for LIMIT_S seconds, no error is set and
 * *WHY is what is known of it (caller frees). */
Stream *stream_open_to (Session *session, const char *host, guint16 port, guint limit_s, char **why,
                        GCancellable *cancel, GError **error);
void stream_free (Stream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stream, stream_free)

/* What waits to be sent: append to it (borrowed), and nothing else, for its front may
 * hold bytes that SSH has already. */
GByteArray *stream_outbox (Stream *stream);
gsize stream_unsent (const Stream *stream);

/* No more will be appended: the server's program sees the end of its input when the
 * outbox is empty. */
void stream_finish (Stream *stream);

/* Hands at most MOST bytes of the outbox to SSH, as far as the server's window and
 * the socket have room now; with 0 it still ends what is finished.  P2V_ERROR_LINK. */
gboolean stream_send (Stream *stream, gsize most, GError **error);

/* TRUE when another stream_send (of MOST bytes) or stream_inbox would get further at once,
 * so that session_pump must not wait. */
gboolean stream_is_busy (Stream *stream, gsize most);

/* Up to P2V_STREAM_INBOX bytes that have arrived (borrowed; remove what was used).
 * While nobody takes them the server is held up by SSH's window. */
GByteArray *stream_inbox (Stream *stream);
#define P2V_STREAM_INBOX (256u * 1024u)

/* TRUE once the program's output has ended and the inbox holds the rest of it. */
gboolean stream_at_end (Stream *stream);

/* TRUE once the channel is closed by the server: status and complaint are final. */
gboolean stream_is_closed (Stream *stream);

/* The program's exit status; -1 while unknown or when it was killed. */
int stream_exit_status (Stream *stream);

/* What it wrote to its standard error, at most 4 KiB of it (borrowed). */
const char *stream_complaint (Stream *stream);
