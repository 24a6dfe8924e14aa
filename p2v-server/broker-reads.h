/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many reads at the same time through the broker of one disk, into shared memory
 * (broker-memory.h).  Used by one thread, together with NBD pools. */
#pragma once
#include "nbd-pool.h"
#include "source.h"

typedef struct BrokerReads BrokerReads;

/* Connects to CONTROL, the broker's control socket.  EXPORT and WHAT as for
 * nbd_pool_open.  MEMORY stays the caller's.  P2V_ERROR_IO. */
BrokerReads *broker_reads_open (const char *control, const char *export, const SourceMemory *memory,
                                const char *what, GError **error);
/* What is still under way may yet be written to the memory. */
void broker_reads_free (BrokerReads *reads);

/* As nbd_pool_read; DATA lies in the memory.  It is sent when the watch is polled. */
gboolean broker_reads_ask (BrokerReads *reads, guint8 *data, guint64 offset, guint32 length,
                           NbdDone done, gpointer user, GError **error);

/* What has to be polled; TRUE. */
gboolean broker_reads_watch (BrokerReads *reads, NbdWatch *watch);
