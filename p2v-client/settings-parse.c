/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings-table.h"
#include <string.h>

/* The kernel (lib/cmdline.c, next_arg) knows no other quoting and no escapes. */
char **
setting_words (const char *cmdline, gboolean *open)
{
  GPtrArray *words = g_ptr_array_new ();
  /* Never longer than the whole, so that no half of a secret is left behind by a
   * buffer that grew. */
  gsize size = strlen (cmdline) + 1;
  char *word = g_malloc0 (size);
  gsize length = 0;
  gboolean quoted = FALSE, begun = FALSE;
  for (const char *p = cmdline;; p++) {
    if (*p == '\0' || (!quoted && g_ascii_isspace (*p))) {
      if (begun)
        g_ptr_array_add (words, g_strndup (word, length));
      length = 0;
      begun = FALSE;
      if (*p == '\0')
        break;
      continue;
    }
    begun = TRUE;
    if (*p == '"')
      quoted = !quoted;
    else
      word[length++] = *p;
  }
  if (open)
    *open = quoted;
  explicit_bzero (word, size);
  g_free (word);
  g_ptr_array_add (words, NULL);
  return (char **)g_ptr_array_free (words, FALSE);
}

void
setting_words_free (char **words)
{
  for (guint i = 0; words && words[i]; i++)
    explicit_bzero (words[i], strlen (words[i]));
  g_strfreev (words);
}

/* Calls VISIT for every spelling in the table until it returns TRUE. */
static int
each_spelling (gboolean (*visit) (const char *spelling, gpointer data), gpointer data)
{
  for (int i = 0; i < N_SETTINGS; i++) {
    if (visit (setting_rows[i].argument, data))
      return i;
    g_auto (GStrv) aliases = g_strsplit (setting_rows[i].aliases, " ", -1);
    for (guint j = 0; aliases[j]; j++)
      if (*aliases[j] && visit (aliases[j], data))
        return i;
  }
  return -1;
}

static gboolean
is_same (const char *spelling, gpointer data)
{
  return g_str_equal (spelling, (const char *)data);
}

int
setting_find (const char *name)
{
  return each_spelling (is_same, (gpointer)name);
}

/* Levenshtein's distance: the fewest insertions, deletions and replacements of a
 * character that make A into B. */
static guint
distance (const char *a, const char *b)
{
  gsize width = strlen (b);
  g_autofree guint *row = g_new (guint, width + 1);
  for (guint j = 0; j <= width; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1]; i++) {
    guint diagonal = row[0];
    row[0] = i;
    for (guint j = 1; j <= width; j++) {
      guint replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = MIN (replaced, MIN (row[j], row[j - 1]) + 1);
    }
  }
  return row[width];
}

typedef struct {
  const char *name;
  guint least;
  char nearest[64];
} Search;

static gboolean
compare (const char *spelling, gpointer data)
{
  Search *search = data;
  guint changes = distance (search->name, spelling);
  if (changes < search->least) {
    search->least = changes;
    g_strlcpy (search->nearest, spelling, sizeof search->nearest);
  }
  return FALSE;
}

const char *
setting_nearest (const char *name)
{
  Search search = {.name = name, .least = G_MAXUINT};
  (void)each_spelling (compare, &search);
  /* An interned string lives as long as the program, as those of the table do. */
  return g_intern_string (search.nearest);
}
