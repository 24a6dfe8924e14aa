/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of settings.def, for the files settings*.c only. */
#pragma once
#include "settings.h"

typedef enum {
  TYPE_TEXT,    /* any text that its check accepts, never empty */
  TYPE_SECRET,  /* the same, never shown, kept in memory that is not swapped or dumped */
  TYPE_BOOL,    /* presence alone means yes */
  TYPE_UINT,    /* decimal */
  TYPE_SIZE,    /* number and unit, "2G" */
  TYPE_CHOICE,  /* one of the words in "values", separated by '|' */
  TYPE_LIST,    /* comma-separated; empty means: none */
  TYPE_COMMAND, /* for /bin/sh; empty means: none */
} SettingType;

/* When a run without a person needs it. */
typedef enum {
  NEED_NEVER,
  NEED_ALWAYS,
  NEED_LOGIN, /* at least one of those marked so */
} SettingNeed;

/* Refuses a value with a sentence (P2V_ERROR_SETTINGS); ARGUMENT is the name to
 * use in it, NULL in a dialog.  No side effects, so that a dialog can ask at every key stroke. */
typedef gboolean (*SettingCheck) (const char *argument, const char *value, GError **error);

typedef struct {
  const char *argument; /* the usual spelling, with "p2v." */
  const char *aliases;  /* others, separated by spaces; "" for none */
  SettingType type;
  SettingNeed need;
  const char *fallback; /* value when not given, or NULL */
  const char *wire;     /* its name in the "start" message; NULL: stays here */
  SettingCheck check;   /* beyond what the type asks for; may be NULL */
  const char *values;   /* placeholder for the help, or the words of a TYPE_CHOICE */
  const char *help;
} SettingRow;

extern const SettingRow setting_rows[N_SETTINGS];

/* The row whose argument or alias is NAME, or -1. */
int setting_find (const char *name);

/* The spelling in the table that takes the fewest changes to become NAME. */
const char *setting_nearest (const char *name);

/* Checks VALUE (NULL: the argument stood alone) by type and check of ROW. */
gboolean setting_check_value (const SettingRow *row, const char *argument, const char *value,
                              GError **error);

/* TRUE for yes, on, true and 1 in any case. */
gboolean setting_is_yes (const char *value);

/* "512M" → bytes; FALSE when it is not a number with unit K, M, G or T. */
gboolean setting_read_size (const char *value, guint64 *bytes);

/* Words of a kernel command line: blanks separate, "…" holds together, the
 * quotation marks themselves go.  Caller frees (wiping: they may hold a secret).
 * *OPEN (may be NULL) becomes TRUE when the last quotation mark is not closed. */
char **setting_words (const char *cmdline, gboolean *open);
void setting_words_free (char **words);

/* Takes "NAME=VALUE", or "NAME" alone: errors of settings_parse. */
gboolean setting_take_word (Settings *settings, const char *word, GError **error);

/* The checks named in settings.def. */
gboolean check_host (const char *argument, const char *value, GError **error);
gboolean check_port (const char *argument, const char *value, GError **error);
gboolean check_user (const char *argument, const char *value, GError **error);
gboolean check_identity (const char *argument, const char *value, GError **error);
gboolean check_jump (const char *argument, const char *value, GError **error);
gboolean check_hostkey (const char *argument, const char *value, GError **error);
gboolean check_connections (const char *argument, const char *value, GError **error);
gboolean check_bandwidth (const char *argument, const char *value, GError **error);
gboolean check_reconnect (const char *argument, const char *value, GError **error);
gboolean check_guest_name (const char *argument, const char *value, GError **error);
gboolean check_cores (const char *argument, const char *value, GError **error);
gboolean check_memory (const char *argument, const char *value, GError **error);
gboolean check_word (const char *argument, const char *value, GError **error);
gboolean check_offset (const char *argument, const char *value, GError **error);
gboolean check_disks (const char *argument, const char *value, GError **error);
gboolean check_devices (const char *argument, const char *value, GError **error);
gboolean check_network (const char *argument, const char *value, GError **error);
gboolean check_line (const char *argument, const char *value, GError **error);
gboolean check_root (const char *argument, const char *value, GError **error);
gboolean check_config (const char *argument, const char *value, GError **error);
gboolean check_fingerprint (const char *argument, const char *value, GError **error);
gboolean check_log (const char *argument, const char *value, GError **error);
gboolean check_ssh (const char *argument, const char *value, GError **error);
gboolean check_ssh_key (const char *argument, const char *value, GError **error);
