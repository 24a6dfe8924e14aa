/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hive.h"
#include <string.h>

/* Cells are at offsets from the first bin, which is behind the base block. */
#define BINS      4096
#define ROOT      36 /* in the base block */
#define CELL_HEAD 4  /* its length, negative where it is in use */
#define NONE      G_MAXUINT32

/* A key. */
#define NK_SIZE        76
#define NK_SUBKEYS     20
#define NK_LIST        28
#define NK_VALUES      36
#define NK_VALUE_LIST  40
#define NK_NAME_LENGTH 72

/* A list of keys: two letters, how many, their cells. */
#define LIST_SIZE 4

/* A value. */
#define VK_SIZE       20
#define VK_LENGTH     4
#define VK_DATA       8
#define VK_TYPE       12
#define INLINE        0x80000000U /* in the place of where the data is */
#define REG_SZ        1
#define REG_EXPAND_SZ 2

#define NAME_MAX_LENGTH 255
#define TEXT_MAX_LENGTH 1024
#define BUDGET          16384 /* reads; Windows' largest key on the way has some hundred subkeys */

typedef struct {
  HiveRead read;
  gpointer data;
  guint left;
} Hive;

static guint16
get16 (const guint8 *p)
{
  return (guint16)(p[0] | p[1] << 8);
}

static guint32
get32 (const guint8 *p)
{
  return get16 (p) | (guint32)get16 (p + 2) << 16;
}

static gboolean
read_at (Hive *hive, guint32 cell, guint32 skip, guint32 length, guint8 *out)
{
  if (cell == NONE || hive->left == 0)
    return FALSE;
  hive->left--;
  return hive->read (hive->data, (guint64)BINS + cell + CELL_HEAD + skip, length, out);
}

/* A key's or value's name, LENGTH bytes behind what is the same in all of its kind. */
static gboolean
is_called (Hive *hive, guint32 cell, guint32 skip, guint16 length, const char *name)
{
  char found[NAME_MAX_LENGTH];
  return length == strlen (name) && length <= sizeof found &&
         read_at (hive, cell, skip, length, (guint8 *)found) &&
         g_ascii_strncasecmp (found, name, length) == 0;
}

/* What a list of the kind "lh" has beside each key. */
static guint32
hash_of (const char *name)
{
  guint32 hash = 0;
  for (const char *p = name; *p; p++)
    hash = hash * 37 + (guint8)g_ascii_toupper (*p);
  return hash;
}

static gboolean
read_key (Hive *hive, guint32 cell, guint8 *key)
{
  return read_at (hive, cell, 0, NK_SIZE, key) && key[0] == 'n' && key[1] == 'k';
}

/* Of the keys in the list LIST that one which is called NAME; NONE: there is none. */
static guint32
find_in_list (Hive *hive, guint32 list, const char *name, gboolean top)
{
  guint8 head[LIST_SIZE], entry[8], key[NK_SIZE];
  if (!read_at (hive, list, 0, sizeof head, head))
    return NONE;
  gboolean of_lists = memcmp (head, "ri", 2) == 0, hashed = memcmp (head, "lh", 2) == 0;
  guint32 size = hashed || memcmp (head, "lf", 2) == 0 ? 8 : 4;
  if ((size == 4 && !of_lists && memcmp (head, "li", 2) != 0) || (of_lists && !top))
    return NONE;
  for (guint32 i = 0; i < get16 (head + 2); i++) {
    if (!read_at (hive, list, LIST_SIZE + i * size, size, entry))
      return NONE;
    guint32 cell = get32 (entry);
    if (of_lists) {
      guint32 found = find_in_list (hive, cell, name, FALSE);
      if (found != NONE)
        return found;
    } else if ((!hashed || get32 (entry + 4) == hash_of (name)) && read_key (hive, cell, key) &&
               is_called (hive, cell, NK_SIZE, get16 (key + NK_NAME_LENGTH), name)) {
      return cell;
    }
  }
  return NONE;
}

/* UTF-16, as far as a NUL (caller frees). */
static char *
read_text (Hive *hive, guint32 cell, const guint8 *value)
{
  guint32 length = get32 (value + VK_LENGTH), type = get32 (value + VK_TYPE);
  if (type != REG_SZ && type != REG_EXPAND_SZ)
    return NULL;
  guint8 bytes[TEXT_MAX_LENGTH];
  gunichar2 units[TEXT_MAX_LENGTH / 2];
  if (length & INLINE) {
    length = MIN (length & ~INLINE, 4U);
    if (!read_at (hive, cell, VK_DATA, length, bytes))
      return NULL;
  } else if (length > sizeof bytes || !read_at (hive, get32 (value + VK_DATA), 0, length, bytes)) {
    return NULL;
  }
  for (guint32 i = 0; i < length / 2; i++)
    units[i] = get16 (bytes + 2 * i);
  return g_utf16_to_utf8 (units, length / 2, NULL, NULL, NULL);
}

static char *
find_value (Hive *hive, guint32 cell, const char *name)
{
  guint8 key[NK_SIZE], entry[4], value[VK_SIZE];
  if (!read_key (hive, cell, key))
    return NULL;
  guint32 list = get32 (key + NK_VALUE_LIST);
  for (guint32 i = 0; i < get32 (key + NK_VALUES); i++) {
    if (!read_at (hive, list, 4 * i, sizeof entry, entry))
      return NULL;
    guint32 at = get32 (entry);
    if (!read_at (hive, at, 0, sizeof value, value))
      return NULL;
    if (memcmp (value, "vk", 2) == 0 && is_called (hive, at, VK_SIZE, get16 (value + 2), name))
      return read_text (hive, at, value);
  }
  return NULL;
}

char *
hive_text (HiveRead read, gpointer data, const char *const *keys, const char *value)
{
  Hive hive = {read, data, BUDGET};
  guint8 base[ROOT + 4], key[NK_SIZE];
  if (!read (data, 0, sizeof base, base) || memcmp (base, "regf", 4) != 0)
    return NULL;
  guint32 cell = get32 (base + ROOT);
  for (; *keys && cell != NONE; keys++)
    cell = read_key (&hive, cell, key) && get32 (key + NK_SUBKEYS) > 0
               ? find_in_list (&hive, get32 (key + NK_LIST), *keys, TRUE)
               : NONE;
  return find_value (&hive, cell, value);
}
