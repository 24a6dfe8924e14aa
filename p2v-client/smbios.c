/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "smbios.h"

#define MEMORY_DEVICE 17
#define END_OF_TABLE  127

static guint
le16 (const guint8 *p)
{
  return p[0] | (guint)p[1] << 8;
}

/* Bytes of one memory device structure; 0 for an empty slot. */
static guint64
device_size (const guint8 *structure, guint8 length)
{
  guint size = le16 (structure + 0x0c);
  if (size == 0 || size == 0xffff)
    return 0;
  if (size == 0x7fff && length >= 0x20) /* "extended size", in MiB */
    return (guint64)((le16 (structure + 0x1c) | le16 (structure + 0x1e) << 16) & 0x7fffffffu) << 20;
  if (size & 0x8000)
    return (guint64)(size & 0x7fff) << 10;
  return (guint64)size << 20;
}

guint64
smbios_memory (const guint8 *table, gsize length)
{
  guint64 sum = 0;
  gsize at = 0;
  while (at + 4 <= length) {
    guint8 type = table[at], size = table[at + 1];
    if (size < 4 || size > length - at)
      return 0;
    if (type == END_OF_TABLE)
      break;
    if (type == MEMORY_DEVICE && size >= 0x0e)
      sum += device_size (table + at, size);
    /* After the structure come its strings, ended by two zero bytes. */
    at += size;
    while (at + 2 <= length && (table[at] || table[at + 1]))
      at++;
    at += 2;
  }
  return sum;
}
