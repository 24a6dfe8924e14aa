/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <string.h>
#include "dialog/phrase.h"

static const struct {
  const char *english, *other;
} phrases[] = {
    {"", "Language: xx\n"},
    {"%s", "%s"},
    {"%s broke: %s.", "Kaputt ist %2$s bei %1$s"},
    {"The server %s refused port %u.", "%s hat Port %u abgelehnt (100 %%)."},
    {"The server %s refused port %u of %s.", "%s hat Port %u von %s abgelehnt."},
    {"Too much", "Zu viel"},
    {"The disk %s ends at byte %lu of %lu.", "%1$s hat nur %2$lu von %3$lu Bytes."},
};

/* As msgfmt writes it. */
static GByteArray *
make_catalogue (void)
{
  GByteArray *file = g_byte_array_new ();
  guint32 n = G_N_ELEMENTS (phrases), at = 28 + n * 16;
  const guint32 header[] = {0x950412de, 0, n, 28, 28 + n * 8, 0, 0};
  g_autoptr (GByteArray) texts = g_byte_array_new ();
  g_byte_array_append (file, (const guint8 *)header, sizeof header);
  for (guint table = 0; table < 2; table++)
    for (guint i = 0; i < n; i++) {
      const char *text = table ? phrases[i].other : phrases[i].english;
      const guint32 entry[] = {(guint32)strlen (text), at + texts->len};
      g_byte_array_append (file, (const guint8 *)entry, sizeof entry);
      g_byte_array_append (texts, (const guint8 *)text, (guint)strlen (text) + 1);
    }
  g_byte_array_append (file, texts->data, texts->len);
  return file;
}

static void
test_translated (void **state G_GNUC_UNUSED)
{
  static const struct {
    const char *english, *wanted;
  } cases[] = {
      {"The server a.example refused port 22.", "a.example hat Port 22 abgelehnt (100 %)."},
      {"The server a refused port 22 of b.", "a hat Port 22 von b abgelehnt."},
      {"The server Too much refused port x.", "Zu viel hat Port x abgelehnt (100 %)."},
      {"Too much", "Zu viel"},
      {"The disk sda ends at byte 18446744073709551615 of 7.",
       "sda hat nur 18446744073709551615 von 7 Bytes."},
      {"x broke: y.", "x broke: y."}, /* too few letters to be sure */
      {"Something else.", "Something else."},
  };
  g_autoptr (GByteArray) file = make_catalogue ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *said =
        phrase_translate_by ((const char *)file->data, file->len, cases[i].english);
    assert_string_equal (said, cases[i].wanted);
  }
}

/* Whatever is cut off or wrong in the file, nothing outside of it is read. */
static void
test_broken (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) file = make_catalogue ();
  for (guint length = 0; length < file->len; length++) {
    g_autofree char *part = g_memdup2 (file->data, length);
    g_autofree char *said = phrase_translate_by (part, length, "The server a refused port 22.");
    assert_non_null (said);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test (test_translated),
                                     cmocka_unit_test (test_broken)};
  return cmocka_run_group_tests (tests, NULL, NULL);
}
