/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A support file on its way to where a person wants it: work for a thread (work.h). */
#pragma once
#include "shared.h"
#include "work.h"

typedef enum { SAVE_TO_STICK, SAVE_TO_SERVER, SAVE_TO_FILE } SavePlace;

typedef struct {
  Work work;
  gpointer data; /* the caller's */
  SavePlace place;
  Settings *settings;
  char *stick; /* its device, for SAVE_TO_STICK */
  char *ours, *job, *path;
  char **pictures;
  /* of the result: */
  char *saved; /* its path, where it is */
  GError *error;
} Saving;

/* For work_start, whose "done" is TAKE: there the Work is this.  STICK: only for that place.  PATH:
 * of the file, or what it is called on the stick, which gets the pictures of the screen as well. */
Saving *saving_new (const Shared *shared, SavePlace place, const char *stick, const char *path,
                    void (*take) (Work *work, gpointer owner), gpointer data);

/* What a person is told of a good end (caller frees). */
char *saving_words (const Saving *saving);

/* Can PATH be that of a file?  P2V_ERROR_SETTINGS, in words for a dialog. */
gboolean saving_check_path (const char *path, GError **error);

/* The path that is proposed for a file (caller frees). */
char *saving_path (const Shared *shared);
