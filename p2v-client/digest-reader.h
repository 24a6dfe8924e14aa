/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiving end of the digest filters: a socket per disk and one thread
 * that hands on whole records. */
#pragma once
#include "export.h"

typedef struct DigestReader DigestReader;

/* Listens for N_DISKS filters on sockets in DIR.  P2V_ERROR_IO when it cannot.
 * CALLBACK as for export_start.  Caller frees. */
DigestReader *digest_reader_new (const char *dir, guint n_disks, ExportDigests callback,
                                 gpointer data, GError **error);

/* The socket for disk DISK's filter (borrowed). */
const char *digest_reader_path (DigestReader *reader, guint disk);

/* Waits until that filter has connected.  P2V_ERROR_IO after TIMEOUT_MS. */
gboolean digest_reader_accept (DigestReader *reader, guint disk, int timeout_ms, GError **error);

/* Starts the thread, after the last digest_reader_accept. */
void digest_reader_start (DigestReader *reader);

/* Bytes digested so far. */
guint64 digest_reader_bytes (DigestReader *reader, guint disk);

/* Returns once every record that was in the sockets at the time of the call has
 * been handed to the callback. */
void digest_reader_flush (DigestReader *reader);

/* Ends the thread, removes the sockets.  NULL is ignored. */
void digest_reader_free (DigestReader *reader);
