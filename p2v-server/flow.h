/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps many pieces in flight on several NBD pools in one thread.  A piece, or a
 * run of pieces that lie side by side, occupies a slot and goes through steps; a step
 * sends one request, and the next step begins when that is answered. */
#pragma once
#include "common/unit.h"
#include "nbd-pool.h"

/* 8 MiB in flight: a gigabit link with 60 ms is full with that.  Slots for as many
 * units, for a run may be as short as one. */
#define FLOW_BYTES (8u << 20)
#define FLOW_SLOTS (FLOW_BYTES / P2V_UNIT)

typedef struct {
  guint64 index;   /* what the owner works on: set by next */
  gpointer owner;  /* the owner's, for one that works on several things: set by next */
  guint count;     /* pieces from index on: 1, or what next sets */
  guint32 length;  /* their bytes: P2V_UNIT, or what next sets */
  guint at, state; /* the owner's: 0 at the start */
  guint step;      /* 0 at the start, +1 with every answered request */
  int errnum;      /* of the request that was just answered */
  guint8 *data;    /* slot_bytes of the flow */
  guint8 *other;   /* P2V_UNIT bytes, NULL where memory is the owner's */
  gpointer queue;  /* the flow's own */
} FlowSlot;

typedef enum {
  FLOW_FAILED,  /* error is set; everything stops */
  FLOW_WAITING, /* a request was sent with flow_done and the slot */
  FLOW_FINISHED /* the slot is free again */
} FlowResult;

typedef struct {
  NbdPool *const *pools; /* all that are used; NULL entries are skipped */
  guint n_pools;
  const NbdWatch *watches; /* and what else answers */
  guint n_watches;

  /* The owner's buffers: FLOW_SLOTS of SLOT_BYTES, page-aligned.  NULL: the flow makes
   * its own, of P2V_UNIT. */
  guint8 *memory;
  guint32 slot_bytes;

  /* Sets slot->index (and owner, count, length) to what is next; FALSE when there is no
   * more. */
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
