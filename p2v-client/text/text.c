/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"
#include <newt.h>
#include "dialog/language.h"
#include "dialog/work.h"
#include "network.h"
#include "terminal.h"

/* In the order in which they come. */
static Go (*const pages[]) (Text *) = {page_network, page_server,   page_machine, page_target,
                                       page_check,   page_progress, page_done};
#define FIRST_WITH_NETWORK 1
#define PROGRESS           5

/* ---- what the pages share ---- */

gboolean
text_ask (const char *title, const char *question, const char *yes, const char *no, SheetTick tick,
          gpointer data)
{
  g_autoptr (Sheet) sheet = sheet_new (title);
  sheet_set_text (sheet, question);
  sheet_add_button (sheet, yes, FALSE);
  sheet_begin_at_button (sheet, sheet_add_button (sheet, no, FALSE));
  return sheet_run (sheet, tick, data) == 0;
}

void
text_tell (const char *title, const char *words, SheetTick tick, gpointer data)
{
  g_autoptr (Sheet) sheet = sheet_new (title);
  sheet_set_text (sheet, words);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  (void)sheet_run (sheet, tick, data);
}

int
text_run_sheet (Sheet *sheet)
{
  for (;;) {
    int button = sheet_run (sheet, NULL, NULL);
    if (button >= 0)
      return button;
    if (button == SHEET_GONE || terminal_is_ended () ||
        text_ask (_ ("Convert this machine"),
                  _ ("Close the wizard? Nothing has been changed on this machine."), _ ("C_lose"),
                  _ ("_Stay here"), NULL, NULL))
      return SHEET_LEAVE;
  }
}

static void
end_when_done (Sheet *sheet, gpointer data)
{
  const gboolean *done = data;
  if (*done)
    sheet_end (sheet, 1);
}

gboolean
text_wait (const char *title, const char *words, const gboolean *done, GCancellable *cancel)
{
  g_autoptr (Sheet) sheet = sheet_new (title);
  sheet_set_text (sheet, words);
  sheet_begin_at_button (sheet, sheet_add_button (sheet, _ ("_Stop"), FALSE));
  if (sheet_run (sheet, end_when_done, (gpointer)done) == 1 || *done)
    return TRUE;
  g_cancellable_cancel (cancel);
  return FALSE;
}

/* ---- languages ---- */

static gboolean
can_show (const char *id)
{
  return g_str_equal (id, "en") || terminal_range () == TERMINAL_ALL ||
         (terminal_range () == TERMINAL_ALPHABET && !g_str_equal (id, "ja"));
}

/* On the image nobody has said before which. */
static gboolean
choose_language (gboolean ask)
{
  guint fields[8];
  guint n = 0;
  const char *now = language_now ();
  g_autoptr (Sheet) sheet = sheet_new ("p2v");
  if (!can_show (now))
    language_choose (now = "en");
  if (!ask || terminal_range () == TERMINAL_ASCII)
    return TRUE;
  for (; languages[n].id && n < G_N_ELEMENTS (fields) && can_show (languages[n].id); n++)
    fields[n] = sheet_add_choice (sheet, languages[n].name, g_str_equal (languages[n].id, now));
  sheet_begin_at_button (sheet, sheet_add_button (sheet, "OK", FALSE));
  if (text_run_sheet (sheet) < 0)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (sheet_is_on (sheet, fields[i]))
      language_choose (languages[i].id);
  return TRUE;
}

/* ---- from page to page ---- */

static guint
first_page (const Text *text, guint lowest)
{
  g_autoptr (GPtrArray) cards = network_read ();
  return text->shared->options->image && !network_is_up (cards) ? 0 : MAX (lowest, 1);
}

static void
run_pages (Text *text)
{
  guint lowest = text->shared->options->image ? 0 : FIRST_WITH_NETWORK;
  guint current = first_page (text, lowest);
  for (;;) {
    switch (pages[current](text)) {
    case GO_NEXT:
      current++;
      break;
    case GO_BACK:
      current = current > lowest ? current - 1 : lowest;
      break;
    case GO_AGAIN:
      g_clear_pointer (&text->shared->finished, event_free);
      current = first_page (text, lowest);
      break;
    case GO_LEAVE:
      return;
    }
    if (current >= G_N_ELEMENTS (pages))
      return;
  }
}

__attribute__ ((visibility ("default"))) int
text_run (const Settings *settings, const DialogOptions *options)
{
  language_bind ();
  if (!terminal_open ())
    return DIALOG_NO_DISPLAY;
  Text text = {.shared = shared_new (settings, options),
               .owner = g_object_new (G_TYPE_OBJECT, NULL)};
  question_serve (&text);
  if (choose_language (options->image)) {
    g_autofree char *help = terminal_text (
        _ ("Tab, arrows: next field   Space: choose   Enter: press   Esc: leave   F1: about"));
    newtPushHelpLine (help);
    text_serve_keys (&text);
    if (options->image)
      text_choose_keyboard (&text);
    run_pages (&text);
  }
  sheet_on_key (NULL, NULL);
  question_close (&text);
  terminal_close ();
  g_object_unref (text.owner);
  work_wait_all ();
  int status = text.shared->status;
  shared_free (text.shared);
  return status;
}
