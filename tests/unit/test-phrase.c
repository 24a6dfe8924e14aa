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
    {"The directory %s is full.", "%s ist voll."},
    {"Make room there.", "Schaffen Sie Platz."},
    {"Then the job goes on", "Dann geht es weiter"},
    {"%s%s%s; nothing that was done is lost.", "%s%s%s; nichts geht verloren."},
    {"%s of the guest cannot be mounted", "%s kann nicht eingehängt werden"},
    {"%s cannot be %s: %s.", "%s kann nicht %s: %s."},
    {"The job stopped. Look into its log.", "Er hielt an, siehe Protokoll."},
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
      /* Sentences that were put together, some of which nobody knows. */
      {"The directory /a is full. Make room there.", "/a ist voll. Schaffen Sie Platz."},
      {"Make room there.  The job stopped. Look into its log. Good night. Too much",
       "Schaffen Sie Platz.  Er hielt an, siehe Protokoll. Good night. Zu viel"},
      {"The directory /a is full. Make room there.  Then the job goes on; nothing that was done is "
       "lost.",
       "/a ist voll. Schaffen Sie Platz.  Dann geht es weiter; nichts geht verloren."},
      /* What failed, and why in the words of something else. */
      {"/var of the guest cannot be mounted: mount: bad superblock.",
       "/var kann nicht eingehängt werden: mount: bad superblock."},
      {"", ""},
  };
  g_autoptr (GByteArray) file = make_catalogue ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *said =
        phrase_translate_by ((const char *)file->data, file->len, cases[i].english);
    assert_string_equal (said, cases[i].wanted);
  }
}

/* A text that is made to take long is given up, and comes out as it was from there on. */
static void
test_slow (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) file = make_catalogue ();
  g_autoptr (GString) text = g_string_new ("Too much. ");
  while (text->len < 30000)
    g_string_append (text, "a: b: nobody knows it. ");
  g_string_append (text, "Make room there.");
  g_autofree char *said = phrase_translate_by ((const char *)file->data, file->len, text->str);
  assert_string_equal (said, text->str);
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
                                     cmocka_unit_test (test_slow), cmocka_unit_test (test_broken)};
  return cmocka_run_group_tests (tests, NULL, NULL);
}
