/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the conversion and its front-end: completes each event with what the
 * estimate makes of all of them, and tells how far it is also while nothing
 * happens.  Belongs to the thread of the front-end's main context. */
#pragma once
#include "event.h"

typedef struct Teller Teller;

/* Takes EVENT. */
typedef void (*TellerCallback) (Event *event, gpointer data);

/* DISK_BYTES, BANDWIDTH: as for estimate_init.  From the first phase to teller_stop it
 * tells the progress twice a second in CONTEXT.  Freed by teller_stop. */
Teller *teller_new (GMainContext *context, guint64 disk_bytes, guint64 bandwidth,
                    TellerCallback callback, gpointer data);

/* Passes EVENT (taken) on, or keeps it for the next progress. */
void teller_take (Teller *teller, Event *event);

/* Nobody listens any more: frees.  NULL is ignored. */
void teller_stop (Teller *teller);
