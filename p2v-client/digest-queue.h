/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digest records on their way from the export's thread to the job, which says how many
 * of each disk it has taken: until then they are kept, for the link may break before. */
#pragma once
#include <json-glib/json-glib.h>

typedef struct DigestQueue DigestQueue;

DigestQueue *digest_queue_new (guint n_disks);
void digest_queue_free (DigestQueue *queue);

/* Adds packed records of DISK.  Any thread, as all below. */
void digest_queue_add (DigestQueue *queue, guint disk, const guint8 *records, gsize length);

/* The next "digests" message with at most 4096 records of one disk, or NULL when
 * nothing waits to be sent (caller unrefs). */
JsonObject *digest_queue_take (DigestQueue *queue);

/* The job has taken the first RECORDS records of DISK: they are forgotten.  FALSE when
 * that cannot be. */
gboolean digest_queue_taken (DigestQueue *queue, gint64 disk, gint64 records);

/* The link broke.  What was sent is to be sent again, but of each disk nothing before
 * digest_queue_taken has said from where on. */
void digest_queue_rewind (DigestQueue *queue);

/* Bytes that are kept. */
gsize digest_queue_bytes (DigestQueue *queue);
