/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a Windows' registry says of its name: the bytes are those behind the base block, whose
 * key at the top is the first cell. */
#include "fuzz.h"
#include "p2v-client/os-windows.h"

#define BASE 4096

typedef struct {
  const guint8 *data;
  gsize size;
  guint reads;
} File;

static gboolean
read_file (gpointer data, guint64 offset, guint32 length, guint8 *out)
{
  static const guint8 base[BASE] = "regf";
  File *file = data;
  MUST (++file->reads < 100000 && length <= BASE);
  memset (out, 0, length);
  if (offset + length <= BASE) {
    memcpy (out, base + offset, length);
    return TRUE;
  }
  if (offset < BASE || offset - BASE > file->size || length > file->size - (offset - BASE))
    return FALSE;
  memcpy (out, file->data + (offset - BASE), length);
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  File file = {.data = data, .size = size};
  g_autofree char *name = os_windows_name (read_file, &file);
  MUST (!name || (g_utf8_validate (name, -1, NULL) && strlen (name) < 8192));
  return 0;
}
