/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads through the broker's control socket, into memory that its reader shares with it:
 * so a byte is not copied from one program into the other.
 *
 * The reader sends the line "memory EXPORT" (EXPORT as in broker-plugin.c) together with
 * the descriptor of a memfd that cannot shrink, and gets the line "ok".  From then on it
 * sends BrokerAsk and gets, in any order, a BrokerAnswer for each.  Both are of this
 * machine's byte order: it is never left. */
#pragma once
#include <glib.h>

typedef struct {
  guint64 place;  /* within the memory */
  guint64 offset; /* of the disk */
  guint32 length;
  guint32 id; /* comes back */
} BrokerAsk;

typedef struct {
  guint32 id;
  gint32 errnum; /* 0: the bytes are there */
} BrokerAnswer;
