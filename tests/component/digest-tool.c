/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast the digest is on this machine: `make bench-digest`.  Digests units of
 * 64 KiB, each as the digest filter does it, out of memory that no cache holds and
 * again and again the same unit; the best of some rounds, for others may be using
 * the machine.  Ends with 1 below 1 GB/s. */
#include <stdio.h>
#include "common/unit.h"

#define AREA   (256u << 20)
#define ROUNDS 5
#define ENOUGH 1.0 /* GB/s */

/* Digests AREA bytes, unit by unit, each STEP bytes behind the last; GB/s. */
static double
measure (const guint8 *area, gsize step)
{
  double best = 0;
  for (guint round = 0; round < ROUNDS; round++) {
    guint8 digest[P2V_DIGEST_SIZE];
    guint sum = 0;
    gint64 start = g_get_monotonic_time ();
    for (gsize done = 0, at = 0; done < AREA; done += P2V_UNIT, at += step) {
      p2v_digest (area + at, P2V_UNIT, digest);
      sum += digest[0];
    }
    gint64 us = MAX (g_get_monotonic_time () - start, 1);
    /* The sum is used, so that nothing is left out. */
    best = MAX (best, (double)AREA / 1000 / (double)us + (sum == G_MAXUINT ? 1 : 0));
  }
  return best;
}

int
main (void)
{
  guint8 *area = g_malloc (AREA);
  for (gsize i = 0; i < AREA; i++)
    area[i] = (guint8)(i * 2654435761u >> 16);
  double memory = measure (area, P2V_UNIT), cache = measure (area, 0);
  printf ("%s of units of %u bytes, one thread: %.1f GB/s from memory, %.1f GB/s from the cache\n",
          P2V_DIGEST_NAME, P2V_UNIT, memory, cache);
  g_free (area);
  return memory >= ENOUGH ? 0 : 1;
}
