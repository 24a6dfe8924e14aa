/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages share.  Filled from left to right: each page adds its part, the next
 * ones read it.  Belongs to the main thread; threads get copies. */
#pragma once
#include "dialog.h"
#include "event.h"
#include "inventory.h"
#include "probe.h"
#include "words.h"

typedef struct {
  const DialogOptions *options;
  Settings *settings;  /* what has been chosen so far */
  P2vMachine *present; /* all there is on this machine; NULL: still being read, or none */
  Probe *probe;        /* the last good look at the server; NULL: not yet */
  P2vMachine *machine; /* what is to be converted, since page "check" */
  GPtrArray *log;      /* char *: lines, secrets replaced */
  GPtrArray *pictures; /* char *: paths of the pictures of the screen that were taken */
  gpointer desk;       /* Desk (desk.h): who is asked at a login */
  Event *finished;     /* since the conversion is over */
  gboolean anew;       /* the window was closed to be made anew, in another language */
  int status;          /* exit status of the program */
} Shared;

Shared *shared_new (const Settings *settings, const DialogOptions *options);
void shared_free (Shared *shared);

/* One more line of the log, with the time. */
void shared_log (Shared *shared, const char *level, const char *text);

/* How the conversion ended: takes EVENT_FINISHED, and an error into the log. */
void shared_finish (Shared *shared, Event *event);

/* Where files go that a person saves (borrowed): on the image into memory, from where a
 * USB stick gets them. */
const char *shared_folder (const Shared *shared);

/* The whole log as text (caller frees). */
char *shared_log_text (const Shared *shared);
