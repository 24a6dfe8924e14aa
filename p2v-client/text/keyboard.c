/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "dialog/keyboard.h"
#include "common/log.h"
#include "common/process.h"
#include "terminal.h"
#include "text.h"

/* Those of ISO 8859-1. */
static gboolean
has_usual_letters (const char *text)
{
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    if (g_utf8_get_char (p) > 0xff)
      return FALSE;
  return TRUE;
}

/* In characters that the console's font has for sure. */
static char *
layout_words (const Language *layout)
{
  g_autofree char *plain = g_str_to_ascii (layout->name, "C");
  if (has_usual_letters (layout->name))
    return g_strdup_printf ("%s (%s)", layout->name, layout->id);
  return strchr (plain, '?') ? g_strdup (layout->id)
                             : g_strdup_printf ("%s (%s)", plain, layout->id);
}

/* For all consoles, as the image does with what it was given. */
static void
load (Text *text, const char *layout)
{
  const char *const argv[] = {"loadkeys", "-q", layout, NULL};
  g_autoptr (GError) error = NULL;
  if (p2v_process_run (argv, NULL, NULL, &error)) {
    text->keyboard = layout;
    return;
  }
  p2v_warning ("the keyboard layout %s cannot be set: %s", layout, error->message);
  text_tell (_ ("Keyboard"), _ ("The keyboard layout cannot be set."), NULL, NULL);
}

void
text_choose_keyboard (Text *text)
{
  if (!terminal_has_keyboard ())
    return;
  g_autofree char *given = keyboard_given ();
  const char *now = text->keyboard ? text->keyboard : given;
  guint first = 0;
  g_autoptr (Sheet) sheet = sheet_new (_ ("Keyboard"));
  sheet_set_text (sheet, _ ("Passwords are typed here: what is written on the keys?"));
  for (guint i = 0; keyboard_layouts[i].id; i++) {
    g_autofree char *words = layout_words (&keyboard_layouts[i]);
    guint field = sheet_add_named_choice (sheet, words, g_str_equal (keyboard_layouts[i].id, now));
    first = i == 0 ? field : first;
  }
  sheet_begin_at_button (sheet, sheet_add_button (sheet, "OK", FALSE));
  if (sheet_run (sheet, NULL, NULL) != 0)
    return;
  for (guint i = 0; keyboard_layouts[i].id; i++)
    if (sheet_is_on (sheet, first + i) && !g_str_equal (keyboard_layouts[i].id, now))
      load (text, keyboard_layouts[i].id);
}
