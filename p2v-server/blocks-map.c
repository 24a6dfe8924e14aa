/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "blocks-private.h"
#include "partition-table.h"
#include "ranges.h"

/* Groups on arrays on partitions … */
#define DEPTH_MOST 10

static gboolean map (const Blocks *blocks, const Block *block, const GArray *ranges,
                     GPtrArray *drops, guint depth);

/* The part of RANGES in START, LENGTH, moved so that START lies at OFFSET.  Caller unrefs. */
static GArray *
cut (const GArray *ranges, guint64 start, guint64 length, guint64 offset)
{
  GArray *inside = ranges_new ();
  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);
    guint64 from = MAX (range->offset, start);
    guint64 to = MIN (range->offset + range->length, start + length);
    if (from < to)
      ranges_add (inside, from - start + offset, to - from);
  }
  return inside;
}

static const Block *
find_dev (const Blocks *blocks, const char *dev)
{
  for (guint i = 0; dev && i < blocks->all->len; i++) {
    const Block *block = g_ptr_array_index (blocks->all, i);
    if (!strcmp (block->dev, dev))
      return block;
  }
  return NULL;
}

static gboolean
map_targets (const Blocks *blocks, const Block *block, const GArray *ranges, GPtrArray *drops,
             guint depth)
{
  for (guint i = 0; i < block->targets->len; i++) {
    const BlockTarget *target = g_ptr_array_index (block->targets, i);
    const Block *below = find_dev (blocks, target->dev);
    g_autoptr (GArray) inside = cut (ranges, target->start, target->length, target->offset);
    if (!below || !map (blocks, below, inside, drops, depth))
      return FALSE;
  }
  return TRUE;
}

static guint
parity_disks (const Block *block)
{
  if (!g_strcmp0 (block->level, "raid4") || !g_strcmp0 (block->level, "raid5"))
    return 1;
  return !g_strcmp0 (block->level, "raid6") ? 2 : 0;
}

/* A member must lie on a disk as it is: then it is known which of its bytes
 * share a cluster. */
static const Block *
member_disk (const Blocks *blocks, const BlockMember *member, guint64 *base)
{
  const Block *block = block_find (blocks, member->name);
  *base = member->offset;
  if (block && block->parent) {
    *base += block->start;
    block = block_find (blocks, block->parent);
  }
  return block && block->disk >= 0 ? block : NULL;
}

static guint64
cluster_of (const Blocks *blocks, const Block *disk)
{
  return g_array_index (blocks->clusters, guint, (guint)disk->disk);
}

/* Is the array in a state in which its chunks are where they should be?  A
 * journal or a rebuild would be one more place of each. */
static gboolean
array_is_plain (const Block *block, guint parity)
{
  static const char *const policies[] = {"resync", "bitmap", NULL};
  if (!block->still || block->n_disks <= parity || !g_strv_contains (policies, block->policy) ||
      block->members->len != block->n_disks - block->n_missing || block->members->len == 0)
    return FALSE;
  for (guint i = 0; i < block->members->len; i++)
    if (strcmp (((BlockMember *)g_ptr_array_index (block->members, i))->state, "in_sync"))
      return FALSE;
  return TRUE;
}

/* Where clusters begin on all members at once: every *step bytes, from *first on; FALSE
 * when they never do. */
static gboolean
common_clusters (const Blocks *blocks, const Block *block, guint64 *step, guint64 *first)
{
  *step = 1;
  *first = 0;
  for (guint i = 0; i < block->members->len; i++) {
    guint64 base;
    const Block *disk = member_disk (blocks, g_ptr_array_index (block->members, i), &base);
    if (!disk || base + block->component > disk->size)
      return FALSE;
    guint64 cluster = cluster_of (blocks, disk);
    if (cluster > *step) {
      *step = cluster;
      *first = (cluster - base % cluster) % cluster;
    }
  }
  for (guint i = 0; i < block->members->len; i++) {
    guint64 base;
    const Block *disk = member_disk (blocks, g_ptr_array_index (block->members, i), &base);
    if (!disk || (base + *first) % cluster_of (blocks, disk))
      return FALSE;
  }
  return TRUE;
}

/* Adds what a piece of a stripe (LENGTH bytes at OFFSET of it) takes of each member's chunk. */
static void
add_rows (GArray *rows, guint64 chunk, guint64 offset, guint64 length)
{
  guint64 row = offset % chunk;
  if (length >= chunk || row + length <= chunk) {
    ranges_add (rows, length >= chunk ? 0 : row, MIN (length, chunk));
    return;
  }
  ranges_add (rows, row, chunk - row);
  ranges_add (rows, 0, row + length - chunk);
}

/* Adds to FREE what of STRIPE is free at the same place of all its chunks.  The first of RANGES
 * that reaches into it is NEXT. */
static void
add_partial (GArray *free, const Block *block, guint64 width, guint64 stripe, const GArray *ranges,
             guint next)
{
  guint64 start = stripe * width, at = start, end = start + width;
  g_autoptr (GArray) live = ranges_new ();
  g_autoptr (GArray) rest = ranges_new ();
  for (; at < end && next < ranges->len; next++) {
    const Range *range = &g_array_index (ranges, Range, next);
    if (range->offset >= end)
      break;
    if (range->offset > at)
      add_rows (live, block->chunk, at - start, range->offset - at);
    at = MAX (at, range->offset + range->length);
  }
  if (at < end)
    add_rows (live, block->chunk, at - start, end - at);
  ranges_merge (live);
  ranges_add (rest, 0, block->chunk);
  ranges_subtract (rest, live);
  for (guint i = 0; i < rest->len; i++) {
    const Range *range = &g_array_index (rest, Range, i);
    ranges_add (free, stripe * block->chunk + range->offset, range->length);
  }
}

/* What is free at the same place of every member, in bytes behind its first chunk: all
 * layouts of levels 4, 5 and 6 have one chunk of stripe N at chunk N of each, and their
 * parity is made byte by byte.  Caller unrefs. */
static GArray *
free_rows (const Block *block, guint64 width, const GArray *ranges)
{
  GArray *free = ranges_new ();
  guint64 next = 0; /* stripes before it are done */
  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);
    guint64 end = range->offset + range->length;
    guint64 stripe = MAX (next, range->offset / width);
    if (stripe * width < range->offset)
      add_partial (free, block, width, stripe++, ranges, i);
    if (stripe < end / width) {
      ranges_add (free, stripe * block->chunk, (end / width - stripe) * block->chunk);
      stripe = end / width;
    }
    if (stripe * width < end)
      add_partial (free, block, width, stripe++, ranges, i);
    next = MAX (next, stripe);
  }
  ranges_merge (free);
  return free;
}

/* Zeroes agree with each other as data and parity: what is free on all members is
 * dropped on all, and as parts of clusters are not dropped, only what is whole ones
 * on all. */
static gboolean
map_stripes (const Blocks *blocks, const Block *block, const GArray *ranges, GPtrArray *drops)
{
  guint parity = parity_disks (block);
  guint64 step, first;
  if (!parity || !block->chunk || !array_is_plain (block, parity) ||
      !common_clusters (blocks, block, &step, &first))
    return FALSE;
  g_autoptr (GArray) free = free_rows (block, block->chunk * (block->n_disks - parity), ranges);
  for (guint i = 0; i < free->len; i++) {
    const Range *range = &g_array_index (free, Range, i);
    guint64 from = range->offset, to = MIN (from + range->length, block->component);
    from = from <= first ? first : first + (from - first + step - 1) / step * step;
    to = to <= first ? first : first + (to - first) / step * step;
    for (guint j = 0; from < to && j < block->members->len; j++) {
      guint64 base;
      const Block *disk = member_disk (blocks, g_ptr_array_index (block->members, j), &base);
      ByteRange drop = {base + from, base + to};
      g_array_append_val (g_ptr_array_index (drops, (guint)disk->disk), drop);
    }
  }
  return TRUE;
}

static gboolean
map_mirror (const Blocks *blocks, const Block *block, const GArray *ranges, GPtrArray *drops,
            guint depth)
{
  if (!array_is_plain (block, 0))
    return FALSE;
  for (guint i = 0; i < block->members->len; i++) {
    const BlockMember *member = g_ptr_array_index (block->members, i);
    g_autoptr (GArray) moved = cut (ranges, 0, block->size, member->offset);
    if (!map (blocks, block_find (blocks, member->name), moved, drops, depth))
      return FALSE;
  }
  return TRUE;
}

static gboolean
map (const Blocks *blocks, const Block *block, const GArray *ranges, GPtrArray *drops, guint depth)
{
  if (!block || depth > DEPTH_MOST)
    return FALSE;
  if (ranges->len) {
    const Range *last = &g_array_index (ranges, Range, ranges->len - 1);
    if (last->offset + last->length > block->size)
      return FALSE;
  }
  if (block->parent) {
    g_autoptr (GArray) moved = cut (ranges, 0, block->size, block->start);
    return map (blocks, block_find (blocks, block->parent), moved, drops, depth + 1);
  }
  if (!g_strcmp0 (block->level, "raid1"))
    return map_mirror (blocks, block, ranges, drops, depth + 1);
  if (block->level)
    return map_stripes (blocks, block, ranges, drops);
  if (block->targets->len)
    return map_targets (blocks, block, ranges, drops, depth + 1);
  if (block->disk < 0)
    return FALSE;
  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);
    ByteRange drop = {range->offset, range->offset + range->length};
    g_array_append_val (g_ptr_array_index (drops, (guint)block->disk), drop);
  }
  return TRUE;
}

gboolean
blocks_map (const Blocks *blocks, const char *name, const GArray *ranges, GPtrArray *drops)
{
  g_autofree guint *before = g_new0 (guint, drops->len + 1);
  for (guint i = 0; i < drops->len; i++)
    before[i] = ((GArray *)g_ptr_array_index (drops, i))->len;
  if (drops->len == blocks->clusters->len &&
      map (blocks, block_find (blocks, name), ranges, drops, 0))
    return TRUE;
  for (guint i = 0; i < drops->len; i++)
    g_array_set_size (g_ptr_array_index (drops, i), before[i]);
  return FALSE;
}
