/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passphrases in a line: what is taken is text, and the line keeps its length. */
#include "fuzz.h"
#include "p2v-server/secret-line.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *line = g_strndup ((const char *)data, size);
  gsize length = strlen (line);
  g_autoptr (GPtrArray) secrets = secret_line_take (line);
  MUST (strlen (line) == length);
  for (guint i = 0; secrets && i < secrets->len; i++)
    MUST (*(const char *)g_ptr_array_index (secrets, i) != '\0');
  return 0;
}
