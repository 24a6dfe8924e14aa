/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digest records on their way from the export's thread to the control channel. */
#pragma once
#include <json-glib/json-glib.h>

typedef struct DigestQueue DigestQueue;

DigestQueue *digest_queue_new (guint n_disks);
void digest_queue_free (DigestQueue *queue);

/* Adds packed records of DISK.  Any thread. */
void digest_queue_add (DigestQueue *queue, guint disk, const guint8 *records, gsize length);

/* What waits. */
gsize digest_queue_bytes (DigestQueue *queue);

/* The next "digests" message with at most 4096 records of one disk, or NULL when
 * nothing waits (caller unrefs).  Any thread. */
JsonObject *digest_queue_take (DigestQueue *queue);
