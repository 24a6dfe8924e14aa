/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One screen of the dialog in text: a heading, words, fields, a notice and buttons, in a
 * window that is laid out anew whenever the terminal has another size.  While it is shown
 * the main loop is served ten times a second, so that what runs in threads goes on. */
#pragma once
#include "dialog/mark.h"
#include "settings.h"

typedef struct Sheet Sheet;

/* What sheet_run returns instead of a button: Esc or Ctrl-C, or the terminal is gone. */
#define SHEET_LEAVE (-1)
#define SHEET_GONE  (-2)

/* After the main loop was served; may change the texts, and end the sheet. */
typedef void (*SheetTick) (Sheet *sheet, gpointer data);

/* Is VALUE right?  Error as of settings_check. */
typedef gboolean (*SheetCheck) (const char *value, gpointer data, GError **error);

Sheet *sheet_new (const char *title);
void sheet_free (Sheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sheet, sheet_free)

/* Words at the top; paragraphs end with a newline.  May be called while it runs. */
void sheet_set_text (Sheet *sheet, const char *text);

/* The message below the fields; REMEDY may be NULL, PROBLEM too: none.  While it runs too. */
void sheet_set_notice (Sheet *sheet, NoticeKind kind, const char *problem, const char *remedy);

/* A bar below the words, PERCENT of it full.  While it runs too. */
void sheet_set_gauge (Sheet *sheet, double percent);

/* Fields: each returns its number.  Labels may have a mnemonic's underscore, which goes. */
guint sheet_add_label (Sheet *sheet, const char *text);
guint sheet_add_entry (Sheet *sheet, const char *label, const char *value);
guint sheet_add_secret (Sheet *sheet, const char *label, const char *value);
guint sheet_add_switch (Sheet *sheet, const char *label, gboolean on);
/* One of the choices since the last label; the caller keeps count of them. */
guint sheet_add_choice (Sheet *sheet, const char *label, gboolean chosen);
/* The same for a thing by its own name, a disk or a file: underscores are part of that. */
guint sheet_add_named_switch (Sheet *sheet, const char *name, gboolean on);
guint sheet_add_named_choice (Sheet *sheet, const char *name, gboolean chosen);

/* What stands in the entry FIELD is checked at every tick as a value of ID; OPTIONAL: may be
 * empty.  A button that goes on is refused while it is wrong. */
void sheet_check (Sheet *sheet, guint field, SettingId id, gboolean optional);
/* The same by another check. */
void sheet_check_by (Sheet *sheet, guint field, SheetCheck check, gpointer data);

const char *sheet_value (const Sheet *sheet, guint field);
gboolean sheet_is_on (const Sheet *sheet, guint field);

/* Returns its number.  GOES_ON: only when the fields are right. */
guint sheet_add_button (Sheet *sheet, const char *label, gboolean goes_on);

/* The button that has the focus at first, when there is no field or none is to have it. */
void sheet_begin_at_button (Sheet *sheet, guint button);

/* Shows it until a button is pressed: its number, or one of the above. */
int sheet_run (Sheet *sheet, SheetTick tick, gpointer data);

/* What F1 and F8 do on every sheet from now on, but not while it does it: they are the
 * terminal's, of which there is one.  NULL: nothing. */
typedef enum { SHEET_F1, SHEET_F8 } SheetKey;
void sheet_on_key (void (*pressed) (SheetKey key, gpointer data), gpointer data);

/* From a tick: sheet_run returns RESULT. */
void sheet_end (Sheet *sheet, int result);
