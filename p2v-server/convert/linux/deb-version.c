/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>
#include "deb-version.h"

/* Order of characters outside numbers: "~" before the end, the end before
 * letters, letters before everything else. */
static int
weight (char c)
{
  if (c == '~')
    return -1;
  if (!c || g_ascii_isdigit (c))
    return 0;
  return g_ascii_isalpha (c) ? c : c + 256;
}

int
deb_version_compare (const char *a, const char *b)
{
  while (*a || *b) {
    while ((*a && !g_ascii_isdigit (*a)) || (*b && !g_ascii_isdigit (*b))) {
      int difference = weight (*a) - weight (*b);
      if (difference)
        return difference;
      a++, b++;
    }
    a += strspn (a, "0");
    b += strspn (b, "0");
    gsize digits_a = strspn (a, "0123456789"), digits_b = strspn (b, "0123456789");
    if (digits_a != digits_b)
      return digits_a < digits_b ? -1 : 1;
    int difference = strncmp (a, b, digits_a);
    if (difference)
      return difference;
    a += digits_a;
    b += digits_b;
  }
  return 0;
}
