/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel command line. */
#include "fuzz.h"
#include <json-glib/json-glib.h>
#include "common/log.h"
#include "p2v-client/fetch.h"
#include "p2v-client/settings.h"

/* A secret is never told in an error: with an other one in its place (only there: the
 * same text may be an error's own or another argument's), the error does not tell that. */
static void
check_secret (const char *text, const char *password)
{
  static const char mark[] = "q8Zx2vKw";
  const char *at = strstr (text, password);
  if (!at || strstr (at + 1, password) || strstr (text, mark))
    return;
  g_autofree char *marked =
      g_strdup_printf ("%.*s%s%s", (int)(at - text), text, mark, at + strlen (password));
  g_autoptr (Settings) settings = settings_new ();
  g_autoptr (GError) error = NULL;
  if (!settings_parse (settings, marked, &error))
    MUST (!strstr (error->message, mark));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_autoptr (Settings) settings = settings_new ();
  g_autoptr (GError) error = NULL;
  gboolean ok = settings_parse (settings, text, &error);
  MUST (ok == (error == NULL));
  g_auto (GStrv) missing = NULL;
  (void)settings_headless (settings, &missing);
  for (guint i = 0; i < N_SETTINGS; i++) {
    (void)settings_get_bool (settings, i);
    (void)settings_get_uint (settings, i);
    (void)settings_get_size (settings, i);
    g_strfreev (settings_get_list (settings, i));
  }
  JsonObject *object = settings_to_json (settings);
  const char *password = settings_get (settings, SETTING_password);
  MUST (!json_object_has_member (object, "password"));
  json_object_unref (object);
  const char *identity = settings_get (settings, SETTING_identity);
  if (identity)
    g_free (fetch_public_name (identity));
  if (password && *password)
    check_secret (text, password);
  p2v_log_forget_secrets ();
  return 0;
}
