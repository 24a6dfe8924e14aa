/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "language.h"
#include "common/process.h"
#include "words.h"

const Language languages[] = {{"en", "English"}, {"de", "Deutsch"}, {"ja", "日本語"}, {NULL, NULL}};

void
language_bind (void)
{
  g_autofree char *libdir = p2v_process_libdir ();
  g_autofree char *locales = g_build_filename (libdir, "..", "..", "share", "locale", NULL);
  (void)bindtextdomain (P2V_TEXT_DOMAIN, locales);
  (void)bind_textdomain_codeset (P2V_TEXT_DOMAIN, "UTF-8");
}

const char *
language_now (void)
{
  const char *const *names = g_get_language_names ();
  for (guint i = 0; names[i]; i++)
    for (guint j = 0; languages[j].id; j++)
      if (g_str_equal (names[i], languages[j].id))
        return languages[j].id;
  return "en";
}

void
language_choose (const char *id)
{
  g_setenv ("LANGUAGE", id, TRUE);
  /* libintl, "Being a gettext user": what was looked up is forgotten. */
  extern int _nl_msg_cat_cntr;
  _nl_msg_cat_cntr++;
}
