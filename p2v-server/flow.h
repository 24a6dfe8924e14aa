/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps many pieces in flight on several NBD pools in one thread.  Each piece
 * occupies a slot and goes through steps; a step sends one request, and the next
 * step begins when that is answered. */
#pragma once
#include "common/unit.h"
#include "nbd-pool.h"

typedef struct {
  guint64 index;  /* what the owner works on: set by next */
  gpointer owner; /* the owner's, for one that works on several things: set by next */
  guint step;     /* 0 at the start, +1 with every answered request */
  int errnum;     /* of the request that was just answered */
  guint8 *data;   /* two buffers of P2V_UNIT bytes */
  guint8 *other;
  gpointer queue; /* the flow's own */
} FlowSlot;

typedef enum {
  FLOW_FAILED,  /* error is set; everything stops */
  FLOW_WAITING, /* a request was sent with flow_done and the slot */
  FLOW_FINISHED /* the slot is free again */
} FlowResult;

typedef struct {
  NbdPool *const *pools; /* all that are used; NULL entries are skipped */
  guint n_pools;

  /* Sets slot->index (and owner) to the next piece; FALSE when there are no more. */
  gboolean (*next) (FlowSlot *slot, gpointer data);
  FlowResult (*step) (FlowSlot *slot, gpointer data, GError **error);
  /* Called between answers, at least once a second; may be NULL. */
  gboolean (*tick) (gpointer data, GError **error);
  gpointer data;
} Flow;

/* The NbdDone of every request that a step sends; USER is the slot. */
void flow_done (gpointer slot, int errnum);

/* Runs until there is no next piece and all slots are free.  When it fails,
 * requests may still be pending: it closes none of the pools, but frees its
 * buffers only after CLOSE_POOLS (owner's, called in that case) has. */
gboolean flow_run (const Flow *flow, void (*close_pools) (gpointer data), GCancellable *cancel,
                   GError **error);
