/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest-queue.h"
#include "common/message.h"
#include "common/unit.h"

/* docs/protocol.md, "digests". */
#define MESSAGE_RECORDS 4096u

struct DigestQueue {
  GMutex lock;
  guint n_disks;
  GByteArray **waiting; /* one per disk */
};

DigestQueue *
digest_queue_new (guint n_disks)
{
  DigestQueue *queue = g_new0 (DigestQueue, 1);
  g_mutex_init (&queue->lock);
  queue->n_disks = n_disks;
  queue->waiting = g_new0 (GByteArray *, n_disks);
  for (guint i = 0; i < n_disks; i++)
    queue->waiting[i] = g_byte_array_new ();
  return queue;
}

void
digest_queue_free (DigestQueue *queue)
{
  if (!queue)
    return;
  for (guint i = 0; i < queue->n_disks; i++)
    g_byte_array_unref (queue->waiting[i]);
  g_free (queue->waiting);
  g_mutex_clear (&queue->lock);
  g_free (queue);
}

void
digest_queue_add (DigestQueue *queue, guint disk, const guint8 *records, gsize length)
{
  g_mutex_lock (&queue->lock);
  g_byte_array_append (queue->waiting[disk], records, (guint)length);
  g_mutex_unlock (&queue->lock);
}

gsize
digest_queue_bytes (DigestQueue *queue)
{
  gsize bytes = 0;
  g_mutex_lock (&queue->lock);
  for (guint i = 0; i < queue->n_disks; i++)
    bytes += queue->waiting[i]->len;
  g_mutex_unlock (&queue->lock);
  return bytes;
}

JsonObject *
digest_queue_take (DigestQueue *queue)
{
  JsonObject *message = NULL;
  g_mutex_lock (&queue->lock);
  for (guint i = 0; i < queue->n_disks && !message; i++) {
    GByteArray *waiting = queue->waiting[i];
    guint part = MIN (waiting->len, MESSAGE_RECORDS * P2V_DIGEST_RECORD_SIZE);
    if (part == 0)
      continue;
    g_autofree char *text = g_base64_encode (waiting->data, part);
    g_byte_array_remove_range (waiting, 0, part);
    message = p2v_message_new ("digests");
    json_object_set_int_member (message, "disk", i);
    json_object_set_string_member (message, "records", text);
  }
  g_mutex_unlock (&queue->lock);
  return message;
}
