/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, directories and the tables of file systems lie in runs, but whoever reads
 * them asks for one piece after the other, and each is a round trip.  So the unit
 * behind one that had to be read comes with it, and behind one that came so and is
 * wanted then, twice as many as it came with.  The trace of a conversion of the
 * tests' tiny guest (286 MiB live), replayed: times that somebody waits for the
 * source, and dead bytes read,
 *
 *   nothing ahead                    379   3.1 MiB
 *   1, and no more                   240   4.0 MiB
 *   1, doubled to 4, 8, 16           215, 206, 202   4.1 MiB
 *   2, doubled to 8                  188   5.5 MiB
 *   also the one before, to 8        195   4.5 MiB
 *
 * What lives and comes too early is kept, so that the copy has it; what is dead is
 * read in vain. */
#include "broker-plugin.h"

#define WINDOW_MOST 8u

struct Ahead {
  GHashTable *windows; /* unit that nobody has wanted yet → how many came with it */
};

Ahead *
ahead_new (void)
{
  Ahead *ahead = g_new0 (Ahead, 1);
  ahead->windows = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return ahead;
}

void
ahead_free (Ahead *ahead)
{
  g_hash_table_unref (ahead->windows);
  g_free (ahead);
}

guint
ahead_window (Ahead *ahead, guint64 unit, gboolean held)
{
  guint window = GPOINTER_TO_UINT (g_hash_table_lookup (ahead->windows, &unit));
  if (window == 0)
    return held ? 0 : 1;
  g_hash_table_remove (ahead->windows, &unit);
  return MIN (2 * window, WINDOW_MOST);
}

void
ahead_note (Ahead *ahead, guint64 unit, guint window)
{
  g_hash_table_replace (ahead->windows, g_memdup2 (&unit, sizeof unit), GUINT_TO_POINTER (window));
}
