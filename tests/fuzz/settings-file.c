/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A settings file, and the places where one is looked for. */
#include "fuzz.h"
#include "common/log.h"
#include "p2v-client/machine-id.h"
#include "p2v-client/settings.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_autoptr (Settings) file = settings_new ();
  g_autoptr (Settings) settings = settings_new ();
  g_autoptr (GError) error = NULL;
  gboolean ok = settings_parse_file (file, text, "fuzz", &error);
  MUST (ok == (error == NULL));
  MUST (ok || g_str_has_prefix (error->message, "fuzz, line "));
  MUST (!ok || !settings_given (file, SETTING_config));
  settings_fill (settings, file);
  const char *password = settings_get (settings, SETTING_password);
  MUST (g_strcmp0 (password, settings_get (file, SETTING_password)) == 0);
  p2v_log_forget_secrets ();

  /* The firmware's own words are foreign, too: no way out of the folder. */
  char *macs[] = {(char *)"52:54:00:12:34:56", NULL};
  const MachineId id = {NULL, text, macs};
  g_auto (GStrv) places = machine_id_places (&id, "/p2v/");
  for (guint i = 0; places[i]; i++)
    MUST (g_str_has_prefix (places[i], "/p2v/") && !strchr (places[i] + 5, '/'));
  g_strfreev (machine_id_places (&id, text));
  return 0;
}
