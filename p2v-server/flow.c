/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"
#include <stdlib.h>

/* Page-aligned, so that neither side has to copy for direct input and output. */
#define ALIGNMENT 4096

void
flow_done (gpointer data, int errnum)
{
  FlowSlot *slot = data;
  slot->errnum = errnum;
  slot->step++;
  g_queue_push_tail (slot->queue, slot);
}

static gboolean
flow_loop (const Flow *flow, GQueue *idle, GQueue *ready, GCancellable *cancel, GError **error)
{
  gboolean more = TRUE;
  gsize in_flight = 0;
  for (;;) {
    while (more && !g_queue_is_empty (idle) && in_flight < FLOW_BYTES) {
      FlowSlot *slot = g_queue_peek_head (idle);
      slot->step = slot->at = slot->state = 0;
      slot->errnum = 0;
      slot->count = 1;
      slot->length = P2V_UNIT;
      more = flow->next (slot, flow->data);
      if (!more)
        break;
      in_flight += slot->length;
      g_queue_pop_head (idle);
      g_queue_push_tail (ready, slot);
    }
    FlowSlot *slot;
    gboolean freed = FALSE;
    while ((slot = g_queue_pop_head (ready))) {
      FlowResult result = flow->step (slot, flow->data, error);
      if (result == FLOW_FAILED)
        return FALSE;
      if (result == FLOW_FINISHED) {
        /* The buffer used last is the one that the processor's caches still hold. */
        g_queue_push_head (idle, slot);
        in_flight -= slot->length;
        freed = TRUE;
      }
    }
    if (flow->tick && !flow->tick (flow->data, error))
      return FALSE;
    if (!more && g_queue_get_length (idle) == FLOW_SLOTS)
      return TRUE;
    if (freed && more)
      continue;
    if (!nbd_pool_poll_with (flow->pools, flow->n_pools, flow->watches, flow->n_watches, 1000,
                             cancel, error))
      return FALSE;
  }
}

gboolean
flow_run (const Flow *flow, void (*close_pools) (gpointer data), GCancellable *cancel,
          GError **error)
{
  FlowSlot *slots = g_new0 (FlowSlot, FLOW_SLOTS);
  guint8 *own = flow->memory ? NULL : aligned_alloc (ALIGNMENT, (gsize)FLOW_SLOTS * 2 * P2V_UNIT);
  if (!flow->memory && !own)
    g_error ("no memory for %u transfer buffers", FLOW_SLOTS);
  GQueue idle = G_QUEUE_INIT, ready = G_QUEUE_INIT;
  for (guint i = 0; i < FLOW_SLOTS; i++) {
    slots[i].data =
        own ? own + (gsize)i * 2 * P2V_UNIT : flow->memory + (gsize)i * flow->slot_bytes;
    slots[i].other = own ? slots[i].data + P2V_UNIT : NULL;
    slots[i].queue = &ready;
    g_queue_push_tail (&idle, &slots[i]);
  }
  /* Holding the cancellable's descriptor keeps it from being made anew in
   * every round. */
  gboolean held = cancel && g_cancellable_get_fd (cancel) >= 0;
  gboolean ok = flow_loop (flow, &idle, &ready, cancel, error);
  if (held)
    g_cancellable_release_fd (cancel);
  if (!ok)
    close_pools (flow->data);
  g_queue_clear (&idle);
  g_queue_clear (&ready);
  free (own);
  g_free (slots);
  return ok;
}
