/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialog in text, for serial lines and machines without graphics: the wizard's pages,
 * one file each, as sheets (sheet.h).  A view only: what it knows and decides is in dialog/
 * and the core. */
#pragma once
#include "dialog/shared.h"
#include "sheet.h"

typedef struct {
  Shared *shared;
  GObject *owner;       /* of what runs in threads; "wait" is who waits for it */
  const char *keyboard; /* the layout that was chosen; NULL: as it was */
} Text;

/* Where a page leads. */
typedef enum { GO_NEXT, GO_BACK, GO_AGAIN, GO_LEAVE } Go;

/* Each shows itself, stores what was chosen into the settings and says where to go. */
Go page_network (Text *text);
Go page_server (Text *text);
Go page_machine (Text *text);
Go page_target (Text *text);
Go page_check (Text *text);
Go page_progress (Text *text);
Go page_done (Text *text);

/* Lets a person choose the layout of the keyboard, where there is one: not on a serial line, whose
 * terminal has its own. */
void text_choose_keyboard (Text *text);

/* Lets a person add an iSCSI disk. */
void text_add_iscsi (Text *text);

/* Saves a support file where the person wants it. */
void text_save_support (const Text *text);

/* From now on F1 tells what this is, and F8 saves a support file. */
void text_serve_keys (Text *text);

/* Between both, what a server asks at a login is asked of the person. */
void question_serve (Text *text);
void question_close (Text *text);

/* sheet_run, where who leaves is asked whether he means it: a button, or SHEET_LEAVE. */
int text_run_sheet (Sheet *sheet);

/* A question: TRUE for YES.  TICK may end it with 0 (yes) or 1. */
gboolean text_ask (const char *title, const char *question, const char *yes, const char *no,
                   SheetTick tick, gpointer data);

/* Words to read, nothing to choose. */
void text_tell (const char *title, const char *words, SheetTick tick, gpointer data);

/* Shows WORDS until *DONE; FALSE when the person would not wait, and CANCEL was cancelled. */
gboolean text_wait (const char *title, const char *words, const gboolean *done,
                    GCancellable *cancel);

/* The module's only entry (dialog/dialog.h). */
int text_run (const Settings *settings, const DialogOptions *options);
