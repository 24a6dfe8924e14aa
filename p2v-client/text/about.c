/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog/say.h"
#include "text.h"

static void
show_about (const Text *text)
{
  g_autoptr (Sheet) sheet = sheet_new (_ ("About"));
  g_autofree char *server = say_server (text->shared->probe);
  g_autofree char *words = g_strdup_printf (
      "%s\n\n%s: %s\n%s: %s\n%s: %s\n\nF1: %s\nF8: %s",
      _ ("p2v turns this machine into a virtual machine. Its disks are only read."),
      _ ("On this machine"), "p2v-client " P2V_VERSION, _ ("On the conversion server"), server,
      _ ("License"), _ ("GNU General Public License, version 2 or later"), _ ("this page"),
      _ ("a support file, for somebody who is to help"));
  sheet_set_text (sheet, words);
  guint support = sheet_add_button (sheet, _ ("_Support file…"), FALSE);
  sheet_begin_at_button (sheet, sheet_add_button (sheet, _ ("_Back"), FALSE));
  if (sheet_run (sheet, NULL, NULL) == (int)support)
    text_save_support (text);
}

static void
press (SheetKey key, gpointer data)
{
  if (key == SHEET_F1)
    show_about (data);
  else
    text_save_support (data);
}

void
text_serve_keys (Text *text)
{
  sheet_on_key (press, text);
}
