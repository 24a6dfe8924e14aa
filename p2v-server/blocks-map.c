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
  if (!parity || !block->still || !block->chunk || block->n_disks <= parity ||
      !g_strv_contains (policies, block->policy) ||
      block->members->len != block->n_disks - block->n_missing || block->n_missing > parity)
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

/* All layouts of levels 4, 5 and 6 have one chunk of stripe N at chunk N of each member. */
static gboolean
map_stripes (const Blocks *blocks, const Block *block, const GArray *ranges, GPtrArray *drops)
{
  guint parity = parity_disks (block);
  guint64 step, first;
  if (!array_is_plain (block, parity) || !common_clusters (blocks, block, &step, &first))
    return FALSE;
  guint64 stripe = block->chunk * (block->n_disks - parity);
  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);
    guint64 from = (range->offset + stripe - 1) / stripe * block->chunk;
    guint64 to = MIN ((range->offset + range->length) / stripe * block->chunk, block->component);
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
  g_autofree guint *before = g_new (guint, drops->len + 1);
  for (guint i = 0; i < drops->len; i++)
    before[i] = ((GArray *)g_ptr_array_index (drops, i))->len;
  if (drops->len == blocks->clusters->len &&
      map (blocks, block_find (blocks, name), ranges, drops, 0))
    return TRUE;
  for (guint i = 0; i < drops->len; i++)
    g_array_set_size (g_ptr_array_index (drops, i), before[i]);
  return FALSE;
}
