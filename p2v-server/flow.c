/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"
#include <stdlib.h>

/* 8 MiB in flight: a gigabit link with 60 ms is full with that. */
#define SLOTS 128

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
  for (;;) {
    while (more && !g_queue_is_empty (idle)) {
      FlowSlot *slot = g_queue_peek_head (idle);
      more = flow->next (slot, flow->data);
      if (!more)
        break;
      g_queue_pop_head (idle);
      slot->step = 0;
      slot->errnum = 0;
      g_queue_push_tail (ready, slot);
    }
    FlowSlot *slot;
    gboolean freed = FALSE;
    while ((slot = g_queue_pop_head (ready))) {
      FlowResult result = flow->step (slot, flow->data, error);
      if (result == FLOW_FAILED)
        return FALSE;
      if (result == FLOW_FINISHED) {
        g_queue_push_tail (idle, slot);
        freed = TRUE;
      }
    }
    if (flow->tick && !flow->tick (flow->data, error))
      return FALSE;
    if (!more && g_queue_get_length (idle) == SLOTS)
      return TRUE;
    if (freed && more)
      continue;
    if (!nbd_pool_poll (flow->pools, flow->n_pools, 1000, cancel, error))
      return FALSE;
  }
}

gboolean
flow_run (const Flow *flow, void (*close_pools) (gpointer data), GCancellable *cancel,
          GError **error)
{
  FlowSlot *slots = g_new0 (FlowSlot, SLOTS);
  guint8 *buffers = aligned_alloc (ALIGNMENT, (gsize)SLOTS * 2 * P2V_UNIT);
  if (!buffers)
    g_error ("no memory for %u transfer buffers", SLOTS);
  GQueue idle = G_QUEUE_INIT, ready = G_QUEUE_INIT;
  for (guint i = 0; i < SLOTS; i++) {
    slots[i].data = buffers + (gsize)i * 2 * P2V_UNIT;
    slots[i].other = slots[i].data + P2V_UNIT;
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
  free (buffers);
  g_free (slots);
  return ok;
}
