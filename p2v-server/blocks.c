/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what blocks_script prints.  Its lines:
 *
 *   block NAME MAJOR:MINOR SECTORS START PARENT DISCARD ADDRESS
 *   table NAME START SECTORS TYPE WORD…      (dmsetup(8); all in sectors of 512)
 *   array NAME LEVEL CHUNK DISKS COMPONENT RESHAPE DEGRADED POLICY   (md(4), in sysfs)
 *   member ARRAY NAME OFFSET STATE
 *
 * "-" for what there is not. */
#include <stdio.h>
#include <string.h>
#include "blocks-private.h"

/* The shell's own words as far as possible: each program costs. */
const char blocks_script[] =
    "get () { v=-; [ -r \"$1\" ] && read -r v <\"$1\"; v=${v:--}; }\n"
    "for b in /sys/class/block/*; do\n"
    "  n=${b##*/}; p=-; a=-\n"
    "  get $b/dev; d=$v; get $b/size; s=$v; get $b/start; o=$v\n"
    "  get $b/queue/discard_max_bytes; m=$v\n"
    "  [ ! -e $b/partition ] || p=$(cd -P $b/.. && echo ${PWD##*/})\n"
    "  [ ! -e $b/device ] || a=$(cd -P $b/device && echo ${PWD##*/})\n"
    "  echo block $n $d $s $o $p $m $a\n"
    "  [ ! -d $b/dm ] || dmsetup table -j ${d%:*} -m ${d#*:} | while read -r t; do\n"
    "    echo table $n \"$t\"; done\n"
    "  [ -d $b/md ] || continue\n"
    "  l=\"array $n\"\n"
    "  for f in level chunk_size raid_disks component_size reshape_position degraded \\\n"
    "      consistency_policy; do get $b/md/$f; l=\"$l $v\"; done\n"
    "  echo $l\n"
    "  for r in $b/md/rd*; do\n"
    "    [ ! -e $r/block ] || { k=$(cd -P $r/block && echo ${PWD##*/})\n"
    "    get $r/offset; o=$v; get $r/state; echo member $n $k $o $v; }\n"
    "  done\n"
    "done\n";

static void
block_free (gpointer data)
{
  Block *block = data;
  g_free (block->name);
  g_free (block->dev);
  g_free (block->parent);
  g_free (block->address);
  g_free (block->level);
  g_free (block->policy);
  g_ptr_array_unref (block->targets);
  g_ptr_array_unref (block->members);
  g_free (block);
}

static void
target_free (gpointer data)
{
  BlockTarget *target = data;
  g_free (target->type);
  g_free (target->dev);
  g_free (target);
}

static void
member_free (gpointer data)
{
  BlockMember *member = data;
  g_free (member->name);
  g_free (member->state);
  g_free (member);
}

const Block *
block_find (const Blocks *blocks, const char *name)
{
  for (guint i = 0; name && i < blocks->all->len; i++) {
    const Block *block = g_ptr_array_index (blocks->all, i);
    if (!strcmp (block->name, name))
      return block;
  }
  return NULL;
}

static gboolean
number (const char *word, guint64 *value)
{
  return g_ascii_string_to_unsigned (word, 10, 0, G_MAXUINT64 / 512, value, NULL);
}

static gboolean
parse_block (Blocks *blocks, char **words, guint n)
{
  guint64 sectors, start = 0, discard = 0;
  if (n != 8 || !number (words[3], &sectors) ||
      (strcmp (words[4], "-") && !number (words[4], &start)) ||
      (strcmp (words[6], "-") && !number (words[6], &discard)))
    return FALSE;
  Block *block = g_new0 (Block, 1);
  block->name = g_strdup (words[1]);
  block->dev = g_strdup (words[2]);
  block->size = sectors * SECTOR;
  block->start = start * SECTOR;
  block->parent = strcmp (words[5], "-") ? g_strdup (words[5]) : NULL;
  block->discards = discard > 0;
  block->address = g_strdup (words[7]);
  block->disk = -1;
  block->targets = g_ptr_array_new_with_free_func (target_free);
  block->members = g_ptr_array_new_with_free_func (member_free);
  g_ptr_array_add (blocks->all, block);
  return TRUE;
}

/* What lies below a part of DEVICE: "linear DEV OFFSET", "crypt CIPHER KEY IV DEV OFFSET …".
 * Of other kinds only the type is kept. */
static gboolean
parse_table (Block *block, char **words, guint n)
{
  guint64 start, sectors, offset = 0;
  if (n < 5 || !number (words[2], &start) || !number (words[3], &sectors))
    return FALSE;
  BlockTarget *target = g_new0 (BlockTarget, 1);
  g_ptr_array_add (block->targets, target);
  target->type = g_strdup (words[4]);
  target->start = start * SECTOR;
  target->length = sectors * SECTOR;
  guint at = !strcmp (words[4], "linear") ? 5 : !strcmp (words[4], "crypt") ? 8 : 0;
  if (!at)
    return TRUE;
  if (n < at + 2 || !number (words[at + 1], &offset))
    return FALSE;
  target->dev = g_strdup (words[at]);
  target->offset = offset * SECTOR;
  return TRUE;
}

static gboolean
parse_array (Block *block, char **words, guint n)
{
  guint64 chunk = 0, disks = 0, component = 0, degraded = 0;
  if (n != 9)
    return FALSE;
  block->level = g_strdup (words[2]);
  block->policy = g_strdup (words[8]);
  block->still = !strcmp (words[6], "none") || !strcmp (words[6], "-");
  /* levels without parity lack some of these, and nobody asks for them */
  if (number (words[3], &chunk) && number (words[4], &disks) && number (words[5], &component) &&
      number (words[7], &degraded) && disks < G_MAXINT && degraded <= disks) {
    block->chunk = chunk;
    block->n_disks = (guint)disks;
    block->component = component * 1024;
    block->n_missing = (guint)degraded;
  }
  return TRUE;
}

static gboolean
parse_member (Block *block, char **words, guint n)
{
  guint64 offset;
  if (n != 5 || !number (words[3], &offset))
    return FALSE;
  BlockMember *member = g_new0 (BlockMember, 1);
  member->name = g_strdup (words[2]);
  member->offset = offset * SECTOR;
  member->state = g_strdup (words[4]);
  g_ptr_array_add (block->members, member);
  return TRUE;
}

static gboolean
parse_line (Blocks *blocks, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint n = g_strv_length (words);
  if (n < 3)
    return FALSE;
  if (!strcmp (words[0], "block"))
    return parse_block (blocks, words, n);
  Block *block = (Block *)block_find (blocks, words[1]);
  if (!block)
    return FALSE;
  if (!strcmp (words[0], "table"))
    return parse_table (block, words, n);
  if (!strcmp (words[0], "array"))
    return parse_array (block, words, n);
  return !strcmp (words[0], "member") && parse_member (block, words, n);
}

Blocks *
blocks_parse (const char *text)
{
  g_autoptr (Blocks) blocks = g_new0 (Blocks, 1);
  blocks->all = g_ptr_array_new_with_free_func (block_free);
  blocks->clusters = g_array_new (FALSE, FALSE, sizeof (guint));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (*lines[i] && !parse_line (blocks, lines[i]))
      return NULL;
  return g_steal_pointer (&blocks);
}

void
blocks_free (Blocks *blocks)
{
  if (!blocks)
    return;
  g_ptr_array_unref (blocks->all);
  g_array_unref (blocks->clusters);
  g_free (blocks);
}

/* libguestfs gives its drives SCSI targets in the order in which they were added. */
static Block *
disk_at (const Blocks *blocks, guint target)
{
  Block *found = NULL;
  for (guint i = 0; i < blocks->all->len; i++) {
    Block *block = g_ptr_array_index (blocks->all, i);
    guint host, channel, id, lun;
    if (sscanf (block->address, "%u:%u:%u:%u", &host, &channel, &id, &lun) != 4 || id != target ||
        block->parent)
      continue;
    if (found)
      return NULL;
    found = block;
  }
  return found;
}

gboolean
blocks_know_disks (Blocks *blocks, const BlocksDisk *disks, guint n)
{
  g_array_set_size (blocks->clusters, 0);
  for (guint i = 0; i < n; i++) {
    Block *block = disk_at (blocks, i);
    if (!block || block->size != disks[i].size)
      return FALSE;
    block->disk = (gint)i;
    g_array_append_val (blocks->clusters, disks[i].cluster);
  }
  return TRUE;
}

const char *
blocks_name (const Blocks *blocks, guint index, guint part)
{
  const Block *disk = NULL;
  for (guint i = 0; i < blocks->all->len; i++) {
    const Block *block = g_ptr_array_index (blocks->all, i);
    if (block->disk == (gint)index)
      disk = block;
  }
  if (!disk || !part)
    return disk ? disk->name : NULL;
  g_autofree char *name = g_strdup_printf ("%s%u", disk->name, part);
  const Block *block = block_find (blocks, name);
  return block && !g_strcmp0 (block->parent, disk->name) ? block->name : NULL;
}

gboolean
blocks_pass (const Blocks *blocks, const char *name)
{
  const Block *block = block_find (blocks, name);
  if (block && block->parent)
    block = block_find (blocks, block->parent);
  return block && block->discards;
}
