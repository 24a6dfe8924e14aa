/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digesting parts of a disk again, in a thread: the server has them already from an earlier
 * run of the client and wants to know whether they are still the same.  Only the records of
 * what can be read come; nothing crosses the wire but these. */
#pragma once
#include "export.h"

typedef struct Reread Reread;

/* RANGES is base64 of packed ranges (docs/protocol.md, "query").  CALLBACK gets the records of
 * disk DISK, in the thread.  P2V_ERROR_PROTOCOL when RANGES are none of DISK, P2V_ERROR_DISK
 * when it cannot be opened.  Caller frees. */
Reread *reread_start (const P2vMachine *machine, gint64 disk, const char *ranges,
                      ExportDigests callback, gpointer data, GError **error);

/* All records were handed on. */
gboolean reread_is_done (Reread *reread);

/* Ends the thread early.  NULL is ignored. */
void reread_free (Reread *reread);
