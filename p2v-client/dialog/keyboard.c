/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyboard.h"

const Language keyboard_layouts[] = {
    {"us", "English (US)"}, {"gb", "English (UK)"}, {"de", "Deutsch"}, {"ch", "Schweiz"},
    {"fr", "Français"},     {"be", "België"},       {"es", "Español"}, {"it", "Italiano"},
    {"pt", "Português"},    {"br", "Brasil"},       {"dk", "Dansk"},   {"no", "Norsk"},
    {"se", "Svenska"},      {"fi", "Suomi"},        {"pl", "Polski"},  {"cz", "Čeština"},
    {"hu", "Magyar"},       {"ru", "Русский"},      {"jp", "日本語"},  {NULL, NULL},
};

char *
keyboard_given (void)
{
  char *layout = NULL;
  if (!g_file_get_contents ("/etc/p2v/keyboard", &layout, NULL, NULL))
    return g_strdup ("us");
  return g_strstrip (layout);
}
