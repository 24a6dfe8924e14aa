/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "phrase.h"
#include <string.h>
#include "words.h"

/* GNU gettext manual, "The Format of GNU MO Files". */
#define MAGIC      0x950412deu
#define COUNT_AT   8
#define ENGLISH_AT 12
#define OTHER_AT   16

/* A format with fewer letters around its arguments would fit everything. */
#define LETTERS_MIN 8

/* An argument may be a phrase itself, and that one's argument. */
#define DEPTH 2

/* How often the catalogue is gone through for one text, some hundred microseconds each: the text
 * may be a server's that wants to be slow.  What is still to be done then stays as it is. */
#define SCANS_MAX 256

typedef struct {
  const char *text;
  gsize length;
  guint32 count, english, other;
  guint scans;
} Catalogue;

static guint32
number_at (const char *text, gsize length, gsize at)
{
  guint32 number = 0;
  if (at <= length && length - at >= sizeof number)
    memcpy (&number, text + at, sizeof number);
  return number;
}

static gboolean
catalogue_open (Catalogue *catalogue, const char *text, gsize length)
{
  *catalogue = (Catalogue){.text = text, .length = length};
  catalogue->count = number_at (text, length, COUNT_AT);
  catalogue->english = number_at (text, length, ENGLISH_AT);
  catalogue->other = number_at (text, length, OTHER_AT);
  return number_at (text, length, 0) == MAGIC;
}

/* Number I of the table at TABLE; NULL when it is not in the file. */
static const char *
string_at (const Catalogue *catalogue, guint32 table, guint32 i)
{
  gsize entry = (gsize)table + 8 * (gsize)i;
  gsize size = number_at (catalogue->text, catalogue->length, entry);
  gsize at = number_at (catalogue->text, catalogue->length, entry + 4);
  gboolean inside = at < catalogue->length && size < catalogue->length - at;
  return inside && !catalogue->text[at + size] ? catalogue->text + at : NULL;
}

/* The end of the conversion that begins at "%"; *PLACE: the number of "%2$s", or 0. */
static const char *
skip_conversion (const char *percent, guint *place)
{
  const char *p = percent + 1;
  gsize digits = strspn (p, "0123456789");
  *place = 0;
  if (digits > 0 && p[digits] == '$') {
    *place = (guint)g_ascii_strtoull (p, NULL, 10);
    p += digits + 1;
  }
  p += strspn (p, "-+ #0123456789.*lhzjt");
  return *p ? p + 1 : p;
}

/* What stands between the conversions, at both ends as well: one more than there are of them. */
static char **
split_format (const char *format)
{
  g_autoptr (GStrvBuilder) pieces = g_strv_builder_new ();
  g_autoptr (GString) piece = g_string_new (NULL);
  for (const char *p = format; *p;) {
    guint place;
    if (*p != '%' || p[1] == '%') {
      g_string_append_c (piece, *p);
      p += *p == '%' ? 2 : 1;
      continue;
    }
    p = skip_conversion (p, &place);
    g_strv_builder_add (pieces, piece->str);
    g_string_truncate (piece, 0);
  }
  g_strv_builder_add (pieces, piece->str);
  return g_strv_builder_end (pieces);
}

/* What stands in TEXT where PIECES have their gaps; NULL when they do not fit it. */
static char **
match_pieces (char **pieces, const char *text)
{
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();
  if (!g_str_has_prefix (text, pieces[0]))
    return NULL;
  const char *p = text + strlen (pieces[0]);
  for (guint i = 1; pieces[i]; i++) {
    gsize rest = strlen (p), piece = strlen (pieces[i]);
    const char *at = pieces[i + 1]                                      ? strstr (p, pieces[i])
                     : rest >= piece && g_str_has_suffix (p, pieces[i]) ? p + rest - piece
                                                                        : NULL;
    if (!at)
      return NULL;
    g_autofree char *argument = g_strndup (p, (gsize)(at - p));
    g_strv_builder_add (found, argument);
    p = at + piece;
  }
  return *p ? NULL : g_strv_builder_end (found);
}

static guint
count_letters (char **pieces)
{
  guint n = 0;
  for (guint i = 0; pieces[i]; i++)
    for (const char *p = pieces[i]; *p; p++)
      n += g_ascii_isalpha (*p) ? 1 : 0;
  return n;
}

static char *translate (Catalogue *catalogue, const char *english, guint depth);

static char *
fill_in (Catalogue *catalogue, const char *format, char **arguments, guint depth)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint n = g_strv_length (arguments), next = 0;
  for (const char *p = format; *p;) {
    guint place;
    if (*p != '%' || p[1] == '%') {
      g_string_append_c (out, *p);
      p += *p == '%' ? 2 : 1;
      continue;
    }
    p = skip_conversion (p, &place);
    guint i = place > 0 ? place - 1 : next++;
    g_autofree char *argument = i < n && depth < DEPTH
                                    ? translate (catalogue, arguments[i], depth + 1)
                                    : g_strdup (i < n ? arguments[i] : "");
    g_string_append (out, argument);
  }
  return g_strdup (out->str);
}

/* By the format that has the most letters in common with ENGLISH; NULL when there is none.
 * *LETTERS: how many, so how sure it is. */
static char *
translate_whole (Catalogue *catalogue, const char *english, guint depth, guint *letters)
{
  g_auto (GStrv) arguments = NULL;
  const char *format = NULL;
  guint best = *letters = LETTERS_MIN - 1;
  if (catalogue->scans++ >= SCANS_MAX)
    return NULL;
  for (guint32 i = 0; i < catalogue->count; i++) {
    const char *text = string_at (catalogue, catalogue->english, i);
    const char *other = string_at (catalogue, catalogue->other, i);
    if (!text || !other || !*text)
      continue;
    if (g_str_equal (text, english)) {
      *letters = (guint)strlen (text);
      return g_strdup (other);
    }
    if (!strchr (text, '%'))
      continue;
    g_auto (GStrv) pieces = split_format (text);
    g_auto (GStrv) found = match_pieces (pieces, english);
    guint common = found ? count_letters (pieces) : 0;
    if (common > best) {
      best = common;
      format = other;
      g_strfreev (arguments);
      arguments = g_steal_pointer (&found);
    }
  }
  *letters = best;
  return format ? fill_in (catalogue, format, arguments, depth) : NULL;
}

/* The blank behind the next sentence that ends at TEXT or later, or NULL. */
static const char *
next_end (const char *text)
{
  const char *stop = strstr (text, ". ");
  return stop ? stop + 1 : NULL;
}

/* "What failed: why.", where only what failed is known; NULL when it is not. */
static char *
translate_head (Catalogue *catalogue, const char *english, guint depth, guint *letters)
{
  for (const char *colon = english; (colon = strstr (colon, ": ")); colon++) {
    g_autofree char *head = g_strndup (english, (gsize)(colon - english));
    g_autofree char *other = translate_whole (catalogue, head, depth, letters);
    if (other && *letters >= LETTERS_MIN)
      return g_strconcat (other, colon, NULL);
  }
  return NULL;
}

/* One sentence, or one phrase that has several. */
static char *
translate_part (Catalogue *catalogue, const char *english, guint depth)
{
  guint letters, head_letters;
  g_autofree char *whole = translate_whole (catalogue, english, depth, &letters);
  g_autofree char *head = translate_head (catalogue, english, depth, &head_letters);
  gboolean by_head = head && (!whole || head_letters > letters);
  return by_head ? g_steal_pointer (&head) : g_steal_pointer (&whole);
}

/* As a whole, else what begins it and the rest in their turns; what nobody knows stays. */
static char *
translate (Catalogue *catalogue, const char *english, guint depth)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *p = english;
  while (*p && catalogue->scans < SCANS_MAX) {
    const char *first = next_end (p), *second = first ? next_end (first) : NULL;
    const char *const ends[] = {p + strlen (p), second, first};
    g_autofree char *other = NULL;
    const char *end = first ? first : ends[0];
    for (guint j = 0; !other && j < G_N_ELEMENTS (ends); j++) {
      g_autofree char *part = ends[j] ? g_strndup (p, (gsize)(ends[j] - p)) : NULL;
      other = part ? translate_part (catalogue, part, depth) : NULL;
      end = other ? ends[j] : end;
    }
    g_string_append_len (out, other ? other : p, other ? -1 : end - p);
    p = end + strspn (end, " ");
    g_string_append_len (out, end, p - end);
  }
  g_string_append (out, p);
  return g_strdup (out->str);
}

char *
phrase_translate_by (const char *text, gsize length, const char *english)
{
  Catalogue catalogue;
  return catalogue_open (&catalogue, text, length) ? translate (&catalogue, english, 0)
                                                   : g_strdup (english);
}

char *
phrase_translate (const char *english)
{
  const char *folder = bindtextdomain (P2V_TEXT_DOMAIN, NULL);
  const char *const *languages = g_get_language_names ();
  for (guint i = 0; folder && languages[i]; i++) {
    /* English is what it is in. */
    if (g_str_has_prefix (languages[i], "en"))
      break;
    g_autofree char *path =
        g_build_filename (folder, languages[i], "LC_MESSAGES", P2V_TEXT_DOMAIN ".mo", NULL);
    g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
    if (file)
      return phrase_translate_by (g_mapped_file_get_contents (file),
                                  g_mapped_file_get_length (file), english);
  }
  return g_strdup (english);
}
