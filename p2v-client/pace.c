/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pace.h"

/* A turn is 20 ms of the rate: long enough for poll(), short enough for an even flow. */
#define TURN_US    20000
#define TURN_LEAST 4096u

/* What was missed (a thread woke late, the window was full) is made up for, this much of
 * it: so the rate is reached, and a pause makes no flood. */
#define CREDIT_US 100000

struct Pace {
  GMutex lock;
  double rate; /* bytes per microsecond */
  gsize turn;
  gint64 next; /* when the next turn begins */
};

Pace *
pace_new (guint64 rate)
{
  if (rate == 0)
    return NULL;
  Pace *pace = g_new0 (Pace, 1);
  g_mutex_init (&pace->lock);
  pace->rate = (double)rate / G_USEC_PER_SEC;
  pace->turn = MAX ((gsize)(pace->rate * TURN_US), TURN_LEAST);
  return pace;
}

void
pace_free (Pace *pace)
{
  if (!pace)
    return;
  g_mutex_clear (&pace->lock);
  g_free (pace);
}

void
pace_book (Pace *pace, PaceTurn *turn, gboolean wanted, gint64 now)
{
  if (!pace) {
    *turn = (PaceTurn){.left = G_MAXSIZE};
    return;
  }
  if (turn->left > 0 || !wanted)
    return;
  g_mutex_lock (&pace->lock);
  turn->at = MAX (pace->next, now - CREDIT_US);
  turn->left = pace->turn;
  pace->next = turn->at + (gint64)((double)pace->turn / pace->rate);
  g_mutex_unlock (&pace->lock);
}

gsize
pace_allows (const PaceTurn *turn, gint64 now)
{
  return now >= turn->at ? turn->left : 0;
}

int
pace_wait_ms (const PaceTurn *turn, gint64 now)
{
  gint64 wait = turn->left > 0 ? turn->at - now : 0;
  return wait > 0 ? (int)((wait + 999) / 1000) : 0;
}
