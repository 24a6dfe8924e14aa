/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rewriting of fstab and crypttab: pure functions on their text.  Everything
 * that need not change stays as it is, to the last blank. */
#pragma once
#include <glib.h>

/* One entry: fields are NULL when the line ends before them. */
typedef struct {
  guint device_field; /* which of the fields names the device: 0 in fstab, 1 in crypttab */
  char *fields[6];
} TabEntry;

typedef enum {
  TAB_KEEP,    /* the entry stays */
  TAB_RENAME,  /* its device gets the new name */
  TAB_MISSING, /* its device will not exist in the guest: the boot must not wait for it */
} TabVerdict;

/* Decides about one entry; for TAB_RENAME sets *NAME (caller frees). */
typedef TabVerdict (*TabDecide) (const TabEntry *entry, char **name, gpointer data);

typedef struct {
  TabVerdict verdict;
  char *old, *new; /* device names; for TAB_MISSING new is NULL */
  char *place;     /* the mount point or the name of the mapping */
} TabChange;

/* The new text (caller frees), or NULL when nothing changes.  CHANGES: gets a
 * TabChange * for each entry that was changed; it frees them. */
char *fstab_rewrite (const char *text, TabDecide decide, gpointer data, GPtrArray *changes);
char *crypttab_rewrite (const char *text, TabDecide decide, gpointer data, GPtrArray *changes);

/* An empty array for CHANGES. */
GPtrArray *tab_changes_new (void);

/* Every entry of a table: TabEntry * (caller unrefs). */
GPtrArray *tab_entries (const char *text, guint device_field);

/* TRUE when WORD is one of the options in the comma separated LIST (may be NULL). */
gboolean tab_has_option (const char *list, const char *word);
