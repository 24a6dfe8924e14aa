/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever looks for a signature (blkid in the appliance, at two dozen places of
 * each disk and volume, most of them at the end) reads a page here and there.
 * Reading a whole unit each time would read megabytes of dead space on every
 * one; so the first few small reads of a unit are answered exactly, and only a
 * unit that keeps being looked at is fetched whole and kept.  A look is not kept
 * in the file: the copy reads it again if it lives.  Measured on the demo's disks, without and
 * with this rule: swap 1372160 and 1064960 bytes read, free space of the volume
 * group 2424832 and 2117632; the gaps between partitions 2787328 both times, for
 * blkid looks at their ends so densely that the units are read whole after all.
 *
 * But in memory it is kept, for the same places are looked at again and again. */
#include <string.h>
#include "broker-plugin.h"

#define LOOK_BYTES 4096u
#define LOOKS      4u

/* 8 MiB; a disk with twenty volumes is looked at in about 500 places. */
#define KEPT_MOST 2048u

typedef struct {
  guint32 length;
  guint8 data[LOOK_BYTES];
} Look;

struct Looks {
  GHashTable *counts; /* unit number → small reads of it so far */
  GHashTable *kept;   /* offset → Look */
};

Looks *
looks_new (void)
{
  Looks *looks = g_new0 (Looks, 1);
  looks->counts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  looks->kept = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return looks;
}

void
looks_free (Looks *looks)
{
  g_hash_table_unref (looks->counts);
  g_hash_table_unref (looks->kept);
  g_free (looks);
}

gboolean
looks_count (Looks *looks, guint64 offset, guint32 length, guint32 unit_length)
{
  guint64 unit = offset / P2V_UNIT;
  if (length > LOOK_BYTES || length == unit_length)
    return FALSE;
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (looks->counts, &unit));
  if (count >= LOOKS)
    return FALSE;
  g_hash_table_replace (looks->counts, g_memdup2 (&unit, sizeof unit),
                        GUINT_TO_POINTER (count + 1));
  return TRUE;
}

void
looks_keep (Looks *looks, guint64 offset, const void *data, guint32 length)
{
  if (length > LOOK_BYTES || g_hash_table_size (looks->kept) >= KEPT_MOST)
    return;
  Look *look = g_new (Look, 1);
  look->length = length;
  memcpy (look->data, data, length);
  g_hash_table_replace (looks->kept, g_memdup2 (&offset, sizeof offset), look);
}

gboolean
looks_find (const Looks *looks, guint64 offset, void *into, guint32 length)
{
  const Look *look = g_hash_table_lookup (looks->kept, &offset);
  if (!look || look->length < length)
    return FALSE;
  memcpy (into, look->data, length);
  return TRUE;
}
