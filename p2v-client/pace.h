/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what several threads send together below a rate.  Time is cut into turns of so
 * many bytes, and each thread books the next free one when it has something to send:
 * nobody starves, and who has nothing to say holds up nobody. */
#pragma once
#include <glib.h>

typedef struct Pace Pace;

/* RATE: bytes per second; 0: there is no limit, and NULL is returned. */
Pace *pace_new (guint64 rate);
void pace_free (Pace *pace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pace, pace_free)

/* What one thread may send. */
typedef struct {
  gint64 at;  /* not before (monotonic microseconds) */
  gsize left; /* bytes of the turn; 0: none is booked */
} PaceTurn;

/* Books a turn when TURN has none left and WANTED.  Any thread, with a TURN of its own.
 * NULL for PACE: any amount at once. */
void pace_book (Pace *pace, PaceTurn *turn, gboolean wanted, gint64 now);

/* Bytes that may go out now; subtract from turn->left what did. */
gsize pace_allows (const PaceTurn *turn, gint64 now);

/* Milliseconds until something may go out, rounded up; 0: at once, or nothing is
 * booked. */
int pace_wait_ms (const PaceTurn *turn, gint64 now);
