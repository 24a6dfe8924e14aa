/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lines.h"
#include "error.h"
#include <string.h>

/* Never grows when so much is pushed and all lines are popped: what it leaves elsewhere is not
 * wiped. */
#define PUSH_MOST 65536u

struct P2vLines {
  GByteArray *buffer;
  gsize scanned; /* bytes at the start of buffer known to hold no newline */
  gsize longest;
};

P2vLines *
p2v_lines_new (gsize longest)
{
  P2vLines *lines = g_new0 (P2vLines, 1);
  lines->buffer = g_byte_array_sized_new ((guint)longest + PUSH_MOST);
  lines->longest = longest;
  return lines;
}

void
p2v_lines_free (P2vLines *lines)
{
  if (!lines)
    return;
  explicit_bzero (lines->buffer->data, lines->buffer->len);
  g_byte_array_unref (lines->buffer);
  g_free (lines);
}

/* Length of the unfinished line at the end of the buffer, were DATA added;
 * any whole line that is too long is found here as well. */
static gboolean
too_long (P2vLines *lines, const guint8 *data, gsize length)
{
  const guint8 *start = lines->buffer->data;
  gsize open = lines->buffer->len;
  if (open > 0) {
    const guint8 *last = memrchr (start, '\n', open);
    if (last)
      open -= (gsize)(last - start) + 1;
  }
  while (length > 0) {
    const guint8 *newline = memchr (data, '\n', length);
    gsize part = newline ? (gsize)(newline - data) + 1 : length;
    if (open + part > lines->longest)
      return TRUE;
    open = newline ? 0 : open + part;
    data += part;
    length -= part;
  }
  return FALSE;
}

gboolean
p2v_lines_push (P2vLines *lines, const void *data, gsize length, GError **error)
{
  static const char remedy[] =
      "Check that both sides run the same release of p2v and that the login shell on the "
      "conversion server prints nothing of its own.";
  if (too_long (lines, data, length)) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, remedy,
                   "The other side sent a line of more than %" G_GSIZE_FORMAT " bytes.",
                   lines->longest);
    return FALSE;
  }
  /* A line becomes a string: what follows a NUL would be passed over unseen. */
  if (length > 0 && memchr (data, '\0', length)) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, remedy,
                   "The other side sent something that is no text.");
    return FALSE;
  }
  g_byte_array_append (lines->buffer, data, (guint)length);
  return TRUE;
}

char *
p2v_lines_pop (P2vLines *lines)
{
  GByteArray *buffer = lines->buffer;
  if (lines->scanned >= buffer->len)
    return NULL;
  guint8 *newline = memchr (buffer->data + lines->scanned, '\n', buffer->len - lines->scanned);
  if (!newline) {
    lines->scanned = buffer->len;
    return NULL;
  }
  gsize length = (gsize)(newline - buffer->data);
  char *line = g_malloc (length + 1);
  memcpy (line, buffer->data, length);
  line[length] = '\0';
  g_byte_array_remove_range (buffer, 0, (guint)length + 1);
  explicit_bzero (buffer->data + buffer->len, length + 1);
  lines->scanned = 0;
  return line;
}
