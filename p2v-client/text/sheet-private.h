/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For sheet.c (what is in a sheet), sheet-layout.c (where it is in the window) and
 * sheet-run.c (what happens there) only. */
#pragma once
#include <newt.h>
#include "sheet.h"

typedef enum { FIELD_LABEL, FIELD_ENTRY, FIELD_SECRET, FIELD_SWITCH, FIELD_CHOICE } FieldKind;

typedef struct {
  FieldKind kind;
  char *label;
  char *value; /* of entries */
  gboolean on;
  gboolean checked, optional, touched;
  SettingId id; /* unless BY */
  SheetCheck by;
  gpointer data;
  newtComponent co; /* while it is shown */
} Field;

typedef struct {
  char *label;
  gboolean goes_on;
  newtComponent co;
} Button;

struct Sheet {
  char *title, *text, *notice;
  double percent; /* below 0: no bar */
  GArray *fields, *buttons;
  int first_button; /* -1: the first field */

  /* While it is shown: */
  newtComponent form, body, text_co, notice_co, bar;
  char *complaint; /* about a field */
  int columns, rows, notice_rows;
  gboolean ended, stale; /* stale: to be laid out anew */
  int result;
};

#define SHEET_TICK_MS 100

/* Makes its window and all that is in it, by the size of the terminal now. */
void sheet_open (Sheet *sheet);
void sheet_close (Sheet *sheet);

/* What stands below the fields, or NULL. */
const char *sheet_bottom_words (const Sheet *sheet);

/* Checks all fields; the first complaint about one that was touched (or about any, ALL), in
 * words, or NULL.  *GOOD: whether none is wrong. */
char *sheet_complain (Sheet *sheet, gboolean all, gboolean *good);

/* Fills value or on of each field from what is shown. */
void sheet_collect (Sheet *sheet);

#define sheet_field(sheet, i)  (&g_array_index ((sheet)->fields, Field, i))
#define sheet_button(sheet, i) (&g_array_index ((sheet)->buttons, Button, i))
