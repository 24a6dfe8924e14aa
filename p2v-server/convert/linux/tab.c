/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "tab.h"

#define BLANKS " \t"

/* What a missing device gets in fstab: systemd goes on without it at once,
 * and a person who attaches the disk later finds the entry still there.  In
 * crypttab "nofail" does the same. */
#define FSTAB_MISSING    "nofail,x-systemd.device-timeout=1s"
#define CRYPTTAB_MISSING "nofail"

typedef struct {
  guint device_field, place_field, options_field;
  const char *missing;
} TabKind;

static const TabKind fstab = {0, 1, 3, FSTAB_MISSING};
static const TabKind crypttab = {1, 0, 3, CRYPTTAB_MISSING};

static void
change_free (gpointer data)
{
  TabChange *change = data;
  g_free (change->old);
  g_free (change->new);
  g_free (change->place);
  g_free (change);
}

GPtrArray *
tab_changes_new (void)
{
  return g_ptr_array_new_with_free_func (change_free);
}

static void
entry_free (gpointer data)
{
  TabEntry *entry = data;
  for (guint i = 0; i < G_N_ELEMENTS (entry->fields); i++)
    g_free (entry->fields[i]);
  g_free (entry);
}

gboolean
tab_has_option (const char *list, const char *word)
{
  g_auto (GStrv) options = g_strsplit (list ? list : "", ",", -1);
  return g_strv_contains ((const char *const *)options, word);
}

/* Finds the fields of LINE; SPANS gets start and length of each.  NULL for comments and
 * lines without a device. */
static TabEntry *
entry_parse (const char *line, guint device_field, gsize spans[6][2])
{
  TabEntry *entry = g_new0 (TabEntry, 1);
  entry->device_field = device_field;
  gsize at = strspn (line, BLANKS);
  guint n = 0;
  for (; n < 6 && line[at] && line[at] != '#'; n++) {
    spans[n][0] = at;
    spans[n][1] = strcspn (line + at, BLANKS "\r");
    if (!spans[n][1])
      break;
    entry->fields[n] = g_strndup (line + at, spans[n][1]);
    at += spans[n][1];
    at += strspn (line + at, BLANKS "\r");
  }
  if (n <= device_field) {
    entry_free (entry);
    return NULL;
  }
  return entry;
}

GPtrArray *
tab_entries (const char *text, guint device_field)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    gsize spans[6][2] = {{0}};
    TabEntry *entry = entry_parse (lines[i], device_field, spans);
    if (entry)
      g_ptr_array_add (entries, entry);
  }
  return entries;
}

static char *
replace_span (const char *line, const gsize span[2], const char *with)
{
  return g_strdup_printf ("%.*s%s%s", (int)span[0], line, with, line + span[0] + span[1]);
}

/* LINE with options that let the boot go on without the device; NULL when
 * they are there already. */
static char *
mark_missing (const TabKind *kind, const char *line, const TabEntry *entry, gsize spans[6][2])
{
  const char *options = entry->fields[kind->options_field];
  if (tab_has_option (options, "nofail") || tab_has_option (options, "noauto"))
    return NULL;
  if (options) {
    g_autofree char *more = g_strdup_printf ("%s,%s", options, kind->missing);
    return replace_span (line, spans[kind->options_field], more);
  }
  /* only crypttab and swap lines are this short in practice; behind the last
   * field, for a comment may follow */
  guint n = 0;
  while (n < 6 && entry->fields[n])
    n++;
  gsize end = spans[n - 1][0] + spans[n - 1][1];
  g_autoptr (GString) longer = g_string_new_len (line, (gssize)end);
  for (; n < kind->options_field; n++)
    g_string_append (longer, " none");
  g_string_append_printf (longer, " %s%s", kind->missing, line + end);
  return g_strchomp (g_strdup (longer->str));
}

static char *
tab_rewrite (const TabKind *kind, const char *text, TabDecide decide, gpointer data,
             GPtrArray *changes)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean changed = FALSE;
  for (guint i = 0; lines[i]; i++) {
    gsize spans[6][2] = {{0}};
    TabEntry *entry = entry_parse (lines[i], kind->device_field, spans);
    if (!entry)
      continue;
    g_autofree char *name = NULL;
    char *line = NULL;
    TabVerdict verdict = decide (entry, &name, data);
    if (verdict == TAB_RENAME)
      line = replace_span (lines[i], spans[kind->device_field], name);
    else if (verdict == TAB_MISSING)
      line = mark_missing (kind, lines[i], entry, spans);
    if (line) {
      TabChange *change = g_new0 (TabChange, 1);
      change->verdict = verdict;
      change->old = g_strdup (entry->fields[kind->device_field]);
      change->new = g_strdup (name);
      change->place = g_strdup (entry->fields[kind->place_field]);
      g_ptr_array_add (changes, change);
      g_free (lines[i]);
      lines[i] = line;
      changed = TRUE;
    }
    entry_free (entry);
  }
  return changed ? g_strjoinv ("\n", lines) : NULL;
}

char *
fstab_rewrite (const char *text, TabDecide decide, gpointer data, GPtrArray *changes)
{
  return tab_rewrite (&fstab, text, decide, data, changes);
}

char *
crypttab_rewrite (const char *text, TabDecide decide, gpointer data, GPtrArray *changes)
{
  return tab_rewrite (&crypttab, text, decide, data, changes);
}
