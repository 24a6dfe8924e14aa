/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret-answer.h"
#include <string.h>
#include <sys/mman.h>
#include "common/message.h"

/* The library would leave copies behind it. */
#define ROOM P2V_MESSAGE_MAX

/* JSON's strings, RFC 8259, 7: at most six characters for a byte. */
static char *
put_string (char *to, const char *text)
{
  *to++ = '"';
  for (const char *p = text; *p; p++) {
    if (*p == '"' || *p == '\\' || (guchar)*p < 0x20)
      to += g_snprintf (to, 7, "\\u%04x", (guint)(guchar)*p);
    else
      *to++ = *p;
  }
  *to++ = '"';
  return to;
}

char *
secret_answer_new (gint64 id, char **list, gboolean leave)
{
  char *line = mmap (NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (line == MAP_FAILED)
    g_error ("no memory");
  (void)mlock (line, ROOM);
  (void)madvise (line, ROOM, MADV_DONTDUMP);
  char *to = line + g_snprintf (line, 100,
                                "{\"type\":\"answer\",\"id\":%" G_GINT64_FORMAT
                                ",\"data\":{\"passphrases\":[",
                                id);
  guint n = 0;
  for (guint i = 0; list[i]; i++) {
    if (!*list[i] || !g_utf8_validate (list[i], -1, NULL) ||
        6 * strlen (list[i]) + 40 > (gsize)(line + ROOM - to))
      continue;
    if (n++)
      *to++ = ',';
    to = put_string (to, list[i]);
  }
  g_strlcpy (to, leave ? "],\"leave\":true}}\n" : "]}}\n", 40);
  return line;
}

void
secret_answer_free (char *line)
{
  explicit_bzero (line, strlen (line));
  (void)munmap (line, ROOM);
}
