/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog/desk.h"
#include "text.h"

#define TITLE _ ("A question for the login")

static void
end_when_over (Sheet *sheet, gpointer data)
{
  if (question_is_over (data))
    sheet_end (sheet, 1);
}

/* On top of whatever waits for the login, in whose main loop this is called. */
static void
show_question (Question *question, gpointer data G_GNUC_UNUSED)
{
  Question *kept = question_ref (question);
  g_autofree char *from = g_strdup_printf (_ ("%s asks:"), question_peer (kept));
  g_autofree char *asked = question_words (kept);
  g_autofree char *words = g_strdup_printf (
      "%s\n\n%s\n\n%s", from, asked,
      _ ("Every connection of a conversion has to log in: the server may ask several times, and "
         "again after the network was interrupted."));
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  sheet_set_text (sheet, words);
  guint field = question_echo (kept) ? sheet_add_entry (sheet, _ ("Answer"), "")
                                     : sheet_add_secret (sheet, _ ("Answer"), "");
  sheet_add_button (sheet, _ ("_Answer"), FALSE);
  sheet_add_button (sheet, _ ("_Give up"), FALSE);
  gboolean answered = sheet_run (sheet, end_when_over, kept) == 0;
  question_settle (kept, answered ? sheet_value (sheet, field) : NULL);
  question_unref (kept);
}

/* The sheet looks by itself. */
static void
withdraw_question (Question *question G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
}

static const DeskFace face = {show_question, withdraw_question};

void
question_serve (Text *text)
{
  Shared *shared = text->shared;
  shared->desk = desk_new (shared->settings);
  desk_set_face (shared->desk, &face, NULL);
}

void
question_close (Text *text)
{
  desk_set_face (text->shared->desk, NULL, NULL);
}
