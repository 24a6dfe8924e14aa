/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings-table.h"
#include "common/error.h"
#include "common/log.h"
#include "common/secret.h"
#include <json-glib/json-glib.h>
#include <string.h>

const SettingRow setting_rows[N_SETTINGS] = {
#define SETTING(id, argument, aliases, type, need, fallback, wire, check, values, help)            \
  [SETTING_##                                                                                      \
      id] = {argument, aliases, TYPE_##type, NEED_##need, fallback, wire, check, values, help},
#include "settings.def"
#undef SETTING
};

typedef struct {
  char *text;      /* NULL: not given */
  gboolean secret; /* p2v_secret_new made it */
} Value;

struct Settings {
  Value values[N_SETTINGS];
  const SettingsAsker *asker; /* NULL: nobody */
};

Settings *
settings_new (void)
{
  return g_new0 (Settings, 1);
}

static void
value_clear (Value *value)
{
  if (value->secret) {
    p2v_secret_free (value->text);
  } else if (value->text) {
    /* Also the URL of a key may hold a password. */
    explicit_bzero (value->text, strlen (value->text));
    g_free (value->text);
  }
  *value = (Value){NULL, FALSE};
}

void
settings_free (Settings *settings)
{
  if (!settings)
    return;
  for (guint i = 0; i < N_SETTINGS; i++)
    value_clear (&settings->values[i]);
  g_free (settings);
}

static void
value_set (Value *value, const char *text, gboolean secret)
{
  value_clear (value);
  *value = (Value){secret ? p2v_secret_new (text) : g_strdup (text), secret};
}

void
settings_wipe_list (char **list)
{
  for (guint i = 0; list && list[i]; i++)
    explicit_bzero (list[i], strlen (list[i]));
  g_strfreev (list);
}

/* Separated by commas, "%2C" for one of its own. */
static char **
split_secrets (const char *text)
{
  char **list = g_strsplit (text, ",", -1);
  for (guint i = 0; list[i]; i++) {
    char *to = list[i];
    for (const char *from = list[i]; *from; to++) {
      gboolean escaped = *from == '%' && g_ascii_isxdigit (from[1]) && g_ascii_isxdigit (from[2]);
      *to = escaped ? (char)(g_ascii_xdigit_value (from[1]) << 4 | g_ascii_xdigit_value (from[2]))
                    : *from;
      from += escaped ? 3 : 1;
    }
    explicit_bzero (to, strlen (to));
  }
  return list;
}

/* Wherever it would be logged. */
static void
hide_secret (SettingId id, const char *text)
{
  p2v_log_add_secret (text);
  char **list = id == SETTING_luks ? split_secrets (text) : NULL;
  for (guint i = 0; list && list[i]; i++)
    p2v_log_add_secret (list[i]);
  settings_wipe_list (list);
}

char **
settings_passphrases (const Settings *settings)
{
  const char *text = settings_get (settings, SETTING_luks);
  return text ? split_secrets (text) : g_new0 (char *, 1);
}

gboolean
setting_take_word (Settings *settings, const char *word, GError **error)
{
  const char *equals = strchr (word, '=');
  g_autofree char *name = equals ? g_strndup (word, (gsize)(equals - word)) : g_strdup (word);
  int id = setting_find (name);
  if (id < 0) {
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "Correct it or take it away; p2v-client --help lists all arguments.",
                   "The kernel argument %s is not known; the nearest known one is %s.", name,
                   setting_nearest (name));
    return FALSE;
  }
  const SettingRow *row = &setting_rows[id];
  if (!setting_check_value (row, name, equals ? equals + 1 : NULL, error))
    return FALSE;

  Value *value = &settings->values[id];
  const char *text = equals ? equals + 1 : "yes";
  if (value->text && strcmp (value->text, text) != 0) {
    g_autofree char *other = g_str_equal (name, row->argument)
                                 ? g_strdup ("")
                                 : g_strdup_printf (" (another name of %s)", row->argument);
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Leave only one of them.",
                   "The kernel argument %s%s is given twice with different values.", name, other);
    return FALSE;
  }
  value_set (value, text, row->type == TYPE_SECRET);
  if (row->type == TYPE_SECRET)
    hide_secret ((SettingId)id, text);
  return TRUE;
}

gboolean
settings_parse (Settings *settings, const char *cmdline, GError **error)
{
  gboolean open = FALSE, ok = TRUE;
  char **words = setting_words (cmdline, &open);
  for (guint i = 0; ok && words[i]; i++) {
    if (!g_str_has_prefix (words[i], "p2v."))
      continue;
    if (open && !words[i + 1]) {
      p2v_set_error (error, P2V_ERROR_SETTINGS,
                     "Put one quotation mark before and one after the value.",
                     "A quotation mark in the kernel argument %.*s is not closed.",
                     (int)strcspn (words[i], "="), words[i]);
      ok = FALSE;
    } else {
      ok = setting_take_word (settings, words[i], error);
    }
  }
  setting_words_free (words);
  return ok;
}

gboolean
settings_check (SettingId id, const char *value, GError **error)
{
  return setting_check_value (&setting_rows[id], NULL, value, error);
}

void
settings_set (Settings *settings, SettingId id, const char *value)
{
  const SettingRow *row = &setting_rows[id];
  if (!value) {
    value_clear (&settings->values[id]);
    return;
  }
  value_set (&settings->values[id], value, row->type == TYPE_SECRET);
  if (row->type == TYPE_SECRET)
    hide_secret (id, value);
}

void
settings_set_asker (Settings *settings, const SettingsAsker *asker)
{
  settings->asker = asker;
}

const SettingsAsker *
settings_asker (const Settings *settings)
{
  return settings->asker;
}

Settings *
settings_copy (const Settings *settings)
{
  Settings *copy = settings_new ();
  for (guint i = 0; i < N_SETTINGS; i++)
    if (settings->values[i].text)
      value_set (&copy->values[i], settings->values[i].text, setting_rows[i].type == TYPE_SECRET);
  copy->asker = settings->asker;
  return copy;
}

void
settings_fill (Settings *settings, const Settings *from)
{
  for (guint i = 0; i < N_SETTINGS; i++)
    if (!settings->values[i].text && from->values[i].text)
      value_set (&settings->values[i], from->values[i].text, setting_rows[i].type == TYPE_SECRET);
}

const char *
settings_get (const Settings *settings, SettingId id)
{
  const char *text = settings->values[id].text;
  return text ? text : setting_rows[id].fallback;
}

gboolean
settings_given (const Settings *settings, SettingId id)
{
  return settings->values[id].text != NULL;
}

gboolean
settings_get_bool (const Settings *settings, SettingId id)
{
  const char *text = settings_get (settings, id);
  return text && setting_is_yes (text);
}

guint64
settings_get_uint (const Settings *settings, SettingId id)
{
  const char *text = settings_get (settings, id);
  return text ? g_ascii_strtoull (text, NULL, 10) : 0;
}

guint64
settings_get_size (const Settings *settings, SettingId id)
{
  const char *text = settings_get (settings, id);
  guint64 bytes = 0;
  return text && setting_read_size (text, &bytes) ? bytes : 0;
}

char **
settings_get_list (const Settings *settings, SettingId id)
{
  const char *text = settings_get (settings, id);
  return text ? g_strsplit (text, ",", -1) : NULL;
}

static gboolean
is_needed (const Settings *settings, SettingId id)
{
  switch (setting_rows[id].need) {
  case NEED_ALWAYS:
    return TRUE;
  case NEED_LOGIN:
    for (guint i = 0; i < N_SETTINGS; i++)
      if (setting_rows[i].need == NEED_LOGIN && settings_given (settings, i))
        return FALSE;
    return TRUE;
  case NEED_NEVER:
    break;
  }
  return FALSE;
}

gboolean
settings_headless (const Settings *settings, char ***missing)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) login = g_string_new (NULL);
  for (guint i = 0; i < N_SETTINGS; i++) {
    if (settings_given (settings, i) || !is_needed (settings, i))
      continue;
    if (setting_rows[i].need == NEED_LOGIN)
      g_string_append_printf (login, "%s%s", login->len ? " or " : "", setting_rows[i].argument);
    else
      g_ptr_array_add (names, g_strdup (setting_rows[i].argument));
  }
  if (login->len > 0)
    g_ptr_array_add (names, g_strdup (login->str));
  gboolean complete = names->len == 0;
  if (missing) {
    g_ptr_array_add (names, NULL);
    *missing = (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
  }
  return complete && !settings_get_bool (settings, SETTING_gui) &&
         !settings_get_bool (settings, SETTING_text);
}

JsonObject *
settings_to_json (const Settings *settings)
{
  JsonObject *object = json_object_new ();
  for (guint i = 0; i < N_SETTINGS; i++) {
    const SettingRow *row = &setting_rows[i];
    const char *text = settings_get (settings, i);
    if (!row->wire || !text || row->type == TYPE_SECRET)
      continue;
    /* virt-p2v's "none": as if it were not given. */
    if (i == SETTING_output_allocation && g_str_equal (text, "none"))
      text = row->fallback;
    json_object_set_string_member (object, row->wire, text);
  }
  return object;
}
