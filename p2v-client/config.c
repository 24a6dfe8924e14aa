/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "common/error.h"
#include "fetch.h"
#include "machine-id.h"
#include "stick.h"
#include <string.h>

#define STICK_FOLDER "/p2v/"

/* PLACE is a URL, or a path below ROOT when that is given.  FALSE without an error: there is
 * nothing there. */
static gboolean
take_place (Settings *file, const char *root, const char *place, const FetchOptions *options,
            GError **error)
{
  g_autofree char *path = root ? g_strconcat (root, place, NULL) : NULL;
  g_autofree char *name = fetch_public_name (place);
  g_autoptr (Fetched) fetched = fetch (path ? path : place, options, NULL);
  if (fetched->status == FETCH_ABSENT)
    return FALSE;
  if (fetched->status == FETCH_DONE)
    return settings_parse_file (file, fetched->text, name, error);
  g_autofree char *remedy = g_strdup_printf (
      "%s%sCheck p2v.config= and, for https, p2v.config.fingerprint= or the image's %s.",
      fetched->hint ? fetched->hint : "", fetched->hint ? " " : "", FETCH_CA);
  p2v_set_error (error, P2V_ERROR_SETTINGS, remedy, "The settings file %s cannot be read: %s.",
                 name, fetched->why);
  return FALSE;
}

static gboolean
explain_absence (char **places, const char *pattern, GError **error)
{
  g_autofree char *public = fetch_public_name (pattern);
  g_autoptr (GString) tried = g_string_new (NULL);
  for (guint i = 0; places[i]; i++) {
    g_autofree char *name = fetch_public_name (places[i]);
    g_string_append_printf (tried, "%s%s", i ? ", " : "", name);
  }
  if (places[0])
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Make one of them, or correct p2v.config=.",
                   "There is no settings file for this machine; looked for: %s.", tried->str);
  else
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "Use another of %u (UUID), %s (serial number) and %m (MAC address).",
                   "p2v.config=%s names the settings file by something that this machine does not "
                   "have.",
                   public);
  return FALSE;
}

/* The first of the places that has a file. */
static gboolean
take_first (Settings *file, const char *root, const char *pattern, const FetchOptions *options,
            char **where, GError **error)
{
  g_autoptr (MachineId) id = machine_id_read ();
  g_auto (GStrv) places = machine_id_places (id, pattern);
  for (guint i = 0; places[i]; i++) {
    GError *cause = NULL;
    if (take_place (file, root, places[i], options, &cause)) {
      if (where)
        *where = fetch_public_name (places[i]);
      return TRUE;
    }
    if (cause) {
      g_propagate_error (error, cause);
      return FALSE;
    }
  }
  return explain_absence (places, pattern, error);
}

static gboolean
take_stick (Settings *file, const char *value, const FetchOptions *options, char **where,
            GError **error)
{
  const char *name = value + strlen ("LABEL=");
  const char *colon = strchr (name, ':');
  g_autofree char *label = colon ? g_strndup (name, (gsize)(colon - name)) : g_strdup (name);
  g_autoptr (Stick) stick = stick_mount (label, FALSE, options->patience_s, error);
  return stick && take_first (file, stick_path (stick), colon ? colon + 1 : STICK_FOLDER, options,
                              where, error);
}

gboolean
config_load (Settings *settings, guint patience_s, char **where, GError **error)
{
  const char *value = settings_get (settings, SETTING_config);
  if (!value)
    return TRUE;
  g_auto (GStrv) pins = settings_get_list (settings, SETTING_config_fingerprint);
  FetchOptions options = {.protocols = "=https", .pins = pins, .patience_s = patience_s};
  g_autoptr (Settings) file = settings_new ();
  gboolean ok = g_str_has_prefix (value, "LABEL=")
                    ? take_stick (file, value, &options, where, error)
                    : take_first (file, NULL, value, &options, where, error);
  if (ok)
    settings_fill (settings, file);
  return ok;
}
