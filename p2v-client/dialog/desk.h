/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server asks at a login beside the password, brought from the thread that logs in to the
 * dialog in the main thread, one question at a time, and the answer back. */
#pragma once
#include "settings.h"

typedef struct Desk Desk;
typedef struct Question Question;

/* Of the main thread.  SHOW has question_settle called some time, or at the latest when the
 * dialog ends; WITHDRAW: nobody waits for it any more. */
typedef struct {
  void (*show) (Question *question, gpointer data);
  void (*withdraw) (Question *question, gpointer data);
} DeskFace;

/* Answers for SETTINGS and its copies from now on; lives as long as the program, for these point
 * to it. */
Desk *desk_new (Settings *settings);

/* Main thread: FACE (borrowed) shows the questions with DATA; NULL: nobody is there to ask. */
void desk_set_face (Desk *desk, const DeskFace *face, gpointer data);

/* Who asks, and the words that a dialog shows: cleaned, for the server is not trusted with the
 * screen, and of a length that fits (caller frees). */
const char *question_peer (const Question *question);
char *question_words (const Question *question);
/* Whether the answer may be seen as it is typed. */
gboolean question_echo (const Question *question);

/* Answered, given up, or nobody waits for it any more. */
gboolean question_is_over (Question *question);

/* The first answer counts (copied); NULL: given up. */
void question_settle (Question *question, const char *answer);

/* For what is shown longer than SHOW lasts. */
Question *question_ref (Question *question);
void question_unref (gpointer question);
