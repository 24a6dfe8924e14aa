/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a conversion is, as a few lines of text. */
#pragma once
#include "event.h"

typedef struct ProgressText ProgressText;

/* NOW: monotonic microseconds. */
ProgressText *progress_text_new (gint64 now);
void progress_text_free (ProgressText *words);

/* Borrows EVENT. */
void progress_text_take (ProgressText *words, const Event *event);

/* What happens, until the end. */
void progress_text_say (ProgressText *words, const char *what);

/* Caller frees. */
char *progress_text_write (const ProgressText *words, gint64 now);
