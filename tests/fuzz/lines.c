/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines in pieces of the first byte's length: the same as all at once. */
#include "fuzz.h"
#include "common/lines.h"

#define LONGEST 64

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size < 2)
    return 0;
  gsize step = MAX (data[0], 1);
  g_autoptr (P2vLines) whole = p2v_lines_new (LONGEST), pieces = p2v_lines_new (LONGEST);
  gboolean ok = p2v_lines_push (whole, data + 1, size - 1, NULL), good = TRUE;
  for (gsize at = 1; good && at < size; at += step) {
    good = p2v_lines_push (pieces, data + at, MIN (step, size - at), NULL);
    char *line;
    while (good && (line = p2v_lines_pop (pieces))) {
      g_autofree char *same = ok ? p2v_lines_pop (whole) : NULL;
      MUST (strlen (line) < LONGEST && !strchr (line, '\n'));
      MUST (!ok || g_strcmp0 (line, same) == 0);
      g_free (line);
    }
  }
  MUST (ok == good);
  return 0;
}
