/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unix stream sockets inside the job directory. */
#pragma once
#include <glib.h>

/* Longest path of a socket: sockaddr_un of unix(7) holds 108 bytes with the
 * ending one. */
#define SOCKET_PATH_MAX 107u

/* Listens at PATH (0600; an old socket there is removed).  The descriptor is
 * close-on-exec and does not block; -1 with P2V_ERROR_JOB. */
int socket_listen (const char *path, GError **error);

/* Connects to PATH; close-on-exec, blocking; -1 with errno. */
int socket_connect (const char *path);

/* Sends LINE and a newline to FD and waits up to TIMEOUT_MS for one line back
 * (caller frees); NULL when there was none. */
char *socket_ask (int fd, const char *line, guint timeout_ms);

/* Writes of BUFFER what FD (not blocking) takes now, and removes that from it.  FALSE
 * when nothing can be written there any more. */
gboolean socket_drain (int fd, GByteArray *buffer);
