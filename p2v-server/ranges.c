/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ranges.h"
#include "size.h"

GArray *
ranges_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (Range));
}

void
ranges_add (GArray *ranges, guint64 offset, guint64 length)
{
  Range range = {.offset = offset, .length = length};
  g_array_append_val (ranges, range);
}

static gint
compare_offsets (gconstpointer a, gconstpointer b)
{
  guint64 left = ((const Range *)a)->offset, right = ((const Range *)b)->offset;
  return left < right ? -1 : left > right;
}

void
ranges_merge (GArray *ranges)
{
  g_array_sort (ranges, compare_offsets);
  guint n = 0; /* those that are done */
  for (guint i = 0; i < ranges->len; i++) {
    const Range next = g_array_index (ranges, Range, i);
    Range *last = n > 0 ? &g_array_index (ranges, Range, n - 1) : NULL;
    if (last && next.offset <= last->offset + last->length)
      last->length = MAX (last->length, next.offset + next.length - last->offset);
    else
      g_array_index (ranges, Range, n++) = next;
  }
  g_array_set_size (ranges, n);
}

void
ranges_subtract (GArray *ranges, const GArray *other)
{
  g_autoptr (GArray) rest = ranges_new ();
  guint next = 0; /* the first of OTHER that may matter */
  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);
    guint64 at = range->offset, end = range->offset + range->length;
    for (guint j = next; at < end && j < other->len; j++) {
      const Range *hole = &g_array_index (other, Range, j);
      if (hole->offset >= end)
        break;
      if (hole->offset > at)
        ranges_add (rest, at, hole->offset - at);
      at = MAX (at, hole->offset + hole->length);
      /* one that goes beyond this range may matter to the next */
      if (at <= end)
        next = j;
    }
    if (at < end)
      ranges_add (rest, at, end - at);
  }
  g_array_set_size (ranges, 0);
  g_array_append_vals (ranges, rest->data, rest->len);
}

guint64
ranges_bytes (const GArray *ranges)
{
  guint64 bytes = 0;
  for (guint i = 0; i < ranges->len; i++)
    bytes += g_array_index (ranges, Range, i).length;
  return bytes;
}

char *
range_text (const Range *range)
{
  g_autofree char *size = size_text (range->length);
  return g_strdup_printf ("bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " (%s)",
                          range->offset, range->offset + range->length - 1, size);
}
