/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything an administrator can set, declared once in settings.def: the
 * kernel command line, --help, the manual page and (later) the dialogs' defaults
 * are made from that table. */
#pragma once
#include <gio/gio.h>

typedef enum {
#define SETTING(id, ...) SETTING_##id,
#include "settings.def"
#undef SETTING
  N_SETTINGS
} SettingId;

typedef struct Settings Settings;

Settings *settings_new (void);
void settings_free (Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Settings, settings_free)

/* Takes the p2v.* arguments of a kernel command line (or of a settings text);
 * everything else is ignored.  Errors (P2V_ERROR_SETTINGS): an unknown p2v.*
 * argument (the message names the nearest known one), a value its validator
 * refuses, the same setting twice with different values. */
gboolean settings_parse (Settings *settings, const char *cmdline, GError **error);

/* The same for a settings file: one argument a line, "#" begins a line that says nothing.
 * WHERE names it in the errors, with the line.  Nothing but p2v.* arguments stands in it, and
 * not those that say where it is. */
gboolean settings_parse_file (Settings *settings, const char *text, const char *where,
                              GError **error);

/* Would this value be accepted?  For a dialog, at every key stroke: errors as above, but
 * in words that name no kernel argument. */
gboolean settings_check (SettingId id, const char *value, GError **error);

/* What a person has chosen, checked by settings_check; NULL: nothing (the default). */
void settings_set (Settings *settings, SettingId id, const char *value);

Settings *settings_copy (const Settings *settings);

/* What SETTINGS do not have is taken from FROM. */
void settings_fill (Settings *settings, const Settings *from);

/* Somebody who knows what a server may ask at a login beside the password: a one-time code.
 * ASK is called in the thread that logs in, waits for the answer, and gives it back (caller
 * wipes and frees), or NULL when there is none. */
typedef struct {
  char *(*ask) (const char *peer, const char *question, gboolean echo, GCancellable *cancel,
                gpointer data);
  gpointer data;
} SettingsAsker;

/* ASKER is borrowed, also by copies; NULL, the default: nobody. */
void settings_set_asker (Settings *settings, const SettingsAsker *asker);
const SettingsAsker *settings_asker (const Settings *settings);

/* The value as given, its default, or NULL.  Passwords live in memory that is
 * neither swapped nor dumped and are wiped on free. */
const char *settings_get (const Settings *settings, SettingId id);
gboolean settings_given (const Settings *settings, SettingId id);
gboolean settings_get_bool (const Settings *settings, SettingId id);
/* Integer value, or 0 when not given and without default. */
guint64 settings_get_uint (const Settings *settings, SettingId id);
/* Memory sizes such as "2G": bytes; 0 when not given. */
guint64 settings_get_size (const Settings *settings, SettingId id);
/* Comma-separated lists: strv (caller frees), NULL when not given. */
char **settings_get_list (const Settings *settings, SettingId id);

/* The passphrases of p2v.luks=; never NULL.  settings_wipe_list wipes and frees them. */
char **settings_passphrases (const Settings *settings);
void settings_wipe_list (char **list);

/* TRUE when a run without a person is asked for and possible: p2v.server given
 * and nothing required missing.  MISSING (may be NULL) receives the kernel
 * arguments that are missing, for the message (caller frees the strv). */
gboolean settings_headless (const Settings *settings, char ***missing);

/* The settings that the server needs, for the "settings" member of "start":
 * output.*, without anything secret (caller unrefs). */
struct _JsonObject *settings_to_json (const Settings *settings);

/* Table of all arguments as text for --help, or as mdoc/man source. */
char *settings_help (void);
char *settings_man (void);

/* TEXT for a page in man(7) (caller frees). */
char *settings_man_escape (const char *text);
