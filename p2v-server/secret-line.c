/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret-line.h"
#include <string.h>
#include "common/secret.h"

/* Never within a string of JSON, where the quotation marks would be escaped. */
#define BEGIN "\"passphrases\":["

/* JSON's strings, RFC 8259, 7. */
#define ESCAPES  "\"\\/bfnrt"
#define MEANINGS "\"\\/\b\f\n\r\t"

/* Four hexadecimal digits at AT; -1 when they are none. */
static int
hex4 (const char *at)
{
  int value = 0;
  for (guint i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value (at[i]);
    if (digit < 0)
      return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* The character of "\uXXXX" at *AT, which may be half of one, with the other half behind it.
 * 0 when it is none. */
static gunichar
take_unicode (const char **at)
{
  int first = hex4 (*at + 2);
  if (first <= 0)
    return 0;
  *at += 6;
  if (first < 0xd800 || first > 0xdfff)
    return (gunichar)first;
  int second = first < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u' ? hex4 (*at + 2) : -1;
  if (second < 0xdc00 || second > 0xdfff)
    return 0;
  *at += 6;
  return 0x10000 + ((gunichar)(first - 0xd800) << 10 | (gunichar)(second - 0xdc00));
}

/* Decodes the string at AT (its quotation mark) in its own place, for what is decoded is never
 * longer; it begins at AT + 1 and ends with NUL.  What follows it, or NULL. */
static char *
decode (char *at)
{
  const char *from = at + 1;
  char *to = at + 1;
  while (*from != '"') {
    const char *escape;
    if ((guchar)*from < 0x20)
      return NULL;
    if (*from != '\\') {
      *to++ = *from++;
    } else if (from[1] == 'u') {
      gunichar character = take_unicode (&from);
      if (character == 0)
        return NULL;
      to += g_unichar_to_utf8 (character, to);
    } else if (from[1] && (escape = strchr (ESCAPES, from[1]))) {
      *to++ = MEANINGS[escape - ESCAPES];
      from += 2;
    } else {
      return NULL;
    }
  }
  *to = '\0';
  return (char *)from + 1;
}

/* The strings from AT on; what follows the array, or NULL. */
static char *
take_strings (char *at, GPtrArray *secrets)
{
  if (*at == ']')
    return at + 1;
  for (;;) {
    char *end = *at == '"' ? decode (at) : NULL;
    if (!end)
      return NULL;
    if (at[1])
      g_ptr_array_add (secrets, p2v_secret_new (at + 1));
    if (*end == ']')
      return end + 1;
    if (*end != ',')
      return NULL;
    at = end + 1;
  }
}

GPtrArray *
secret_line_take (char *line)
{
  char *begin = strstr (line, BEGIN);
  if (!begin)
    return NULL;
  begin += strlen (BEGIN);
  gsize length = strlen (begin);
  GPtrArray *secrets = g_ptr_array_new_with_free_func ((GDestroyNotify)p2v_secret_free);
  char *end = take_strings (begin, secrets);
  gsize taken = end ? (gsize)(end - 1 - begin) : length;
  explicit_bzero (begin, taken);
  memset (begin, ' ', taken);
  return secrets;
}
