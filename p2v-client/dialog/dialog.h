/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialogs that a person fills in, faces on settings, probe and conversion: the wizard
 * (ui/, GTK) and the same in text (text/, newt).  Each is a module of its own, loaded only
 * when it is wanted, so that p2v-client itself needs neither; what both have in common is in
 * this folder, and belongs to the program. */
#pragma once
#include "settings.h"

typedef struct {
  gboolean image; /* on the image: full screen, and may power the machine off */
} DialogOptions;

/* What a dialog returns when it cannot be shown here; otherwise an exit status of
 * headless.h. */
#define DIALOG_NO_DISPLAY (-1)

/* Shows the dialog, filled in with SETTINGS, until it is closed.  A module's only entry. */
typedef int (*DialogRun) (const Settings *settings, const DialogOptions *options);

/* Name and entry of each, for dlopen and dlsym. */
#define DIALOG_WIZARD_MODULE "p2v-wizard.so"
#define DIALOG_WIZARD_ENTRY  "wizard_run"
#define DIALOG_TEXT_MODULE   "p2v-text.so"
#define DIALOG_TEXT_ENTRY    "text_run"
