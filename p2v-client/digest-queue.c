/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest-queue.h"
#include "common/message.h"
#include "common/unit.h"

/* docs/protocol.md, "digests". */
#define MESSAGE_RECORDS 4096u

typedef struct {
  GByteArray *kept; /* what the job has not taken, in the order of reading */
  guint sent;       /* bytes at its front that were sent */
  guint64 taken;    /* records before it */
  gboolean held;    /* where to go on is not known yet */
} Source;

struct DigestQueue {
  GMutex lock;
  guint n_disks;
  Source *sources;
};

DigestQueue *
digest_queue_new (guint n_disks)
{
  DigestQueue *queue = g_new0 (DigestQueue, 1);
  g_mutex_init (&queue->lock);
  queue->n_disks = n_disks;
  queue->sources = g_new0 (Source, n_disks);
  for (guint i = 0; i < n_disks; i++)
    queue->sources[i].kept = g_byte_array_new ();
  return queue;
}

void
digest_queue_free (DigestQueue *queue)
{
  if (!queue)
    return;
  for (guint i = 0; i < queue->n_disks; i++)
    g_byte_array_unref (queue->sources[i].kept);
  g_free (queue->sources);
  g_mutex_clear (&queue->lock);
  g_free (queue);
}

void
digest_queue_add (DigestQueue *queue, guint disk, const guint8 *records, gsize length)
{
  g_mutex_lock (&queue->lock);
  g_byte_array_append (queue->sources[disk].kept, records, (guint)length);
  g_mutex_unlock (&queue->lock);
}

JsonObject *
digest_queue_take (DigestQueue *queue)
{
  JsonObject *message = NULL;
  g_mutex_lock (&queue->lock);
  for (guint i = 0; i < queue->n_disks && !message; i++) {
    Source *source = &queue->sources[i];
    guint part = MIN (source->kept->len - source->sent, MESSAGE_RECORDS * P2V_DIGEST_RECORD_SIZE);
    if (part == 0 || source->held)
      continue;
    g_autofree char *text = g_base64_encode (source->kept->data + source->sent, part);
    source->sent += part;
    message = p2v_message_new ("digests");
    json_object_set_int_member (message, "disk", i);
    json_object_set_string_member (message, "records", text);
  }
  g_mutex_unlock (&queue->lock);
  return message;
}

gboolean
digest_queue_taken (DigestQueue *queue, gint64 disk, gint64 records)
{
  if (disk < 0 || disk >= queue->n_disks || records < 0)
    return FALSE;
  g_mutex_lock (&queue->lock);
  Source *source = &queue->sources[disk];
  guint64 n = (guint64)records - source->taken;
  gboolean ok = (guint64)records >= source->taken && n <= source->sent / P2V_DIGEST_RECORD_SIZE;
  if (ok) {
    guint bytes = (guint)n * P2V_DIGEST_RECORD_SIZE;
    if (bytes > 0)
      g_byte_array_remove_range (source->kept, 0, bytes);
    source->taken += n;
    source->sent = source->held ? 0 : source->sent - bytes;
    source->held = FALSE;
  }
  g_mutex_unlock (&queue->lock);
  return ok;
}

void
digest_queue_rewind (DigestQueue *queue)
{
  g_mutex_lock (&queue->lock);
  for (guint i = 0; i < queue->n_disks; i++)
    queue->sources[i].held = TRUE;
  g_mutex_unlock (&queue->lock);
}

gsize
digest_queue_bytes (DigestQueue *queue)
{
  gsize bytes = 0;
  g_mutex_lock (&queue->lock);
  for (guint i = 0; i < queue->n_disks; i++)
    bytes += queue->sources[i].kept->len;
  g_mutex_unlock (&queue->lock);
  return bytes;
}
