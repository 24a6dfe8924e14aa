/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "blocks-private.h"

/* As in blocks-map.c. */
#define DEPTH_MOST 10

static gboolean
is_inside (guint64 at, guint64 start, guint64 length)
{
  return at >= start && at - start < length;
}

/* Does UPPER have byte *AT of BLOCK as one of its own?  Then *AT becomes that one. */
static gboolean
lies_on (const Block *upper, const Block *block, guint64 *at)
{
  if (!g_strcmp0 (upper->parent, block->name) && is_inside (*at, upper->start, upper->size)) {
    *at -= upper->start;
    return TRUE;
  }
  for (guint i = 0; i < upper->targets->len; i++) {
    const BlockTarget *target = g_ptr_array_index (upper->targets, i);
    if (!g_strcmp0 (target->dev, block->dev) && is_inside (*at, target->offset, target->length)) {
      *at += target->start - target->offset;
      return TRUE;
    }
  }
  for (guint i = 0; !g_strcmp0 (upper->level, "raid1") && i < upper->members->len; i++) {
    const BlockMember *member = g_ptr_array_index (upper->members, i);
    if (!strcmp (member->name, block->name) && is_inside (*at, member->offset, upper->size)) {
      *at -= member->offset;
      return TRUE;
    }
  }
  return FALSE;
}

static const Block *
above (const Blocks *blocks, const Block *block, guint64 *at)
{
  for (guint i = 0; i < blocks->all->len; i++) {
    const Block *upper = g_ptr_array_index (blocks->all, i);
    if (upper != block && lies_on (upper, block, at))
      return upper;
  }
  return NULL;
}

const char *
blocks_top (const Blocks *blocks, guint index, guint64 *at)
{
  const Block *block = block_find (blocks, blocks_name (blocks, index, 0));
  for (guint depth = 0; block && depth < DEPTH_MOST; depth++) {
    const Block *upper = above (blocks, block, at);
    if (!upper)
      return block->name;
    block = upper;
  }
  return NULL;
}
