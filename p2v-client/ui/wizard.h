/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialog that a person fills in: a face on settings, probe and conversion.  All of
 * ui/ is a module of its own (lib/p2v/p2v-wizard.so), loaded only when it is wanted, so
 * that p2v-client itself needs neither GTK nor a display. */
#pragma once
#include "settings.h"

typedef struct {
  gboolean image; /* on the image: full screen, and may power the machine off */
} WizardOptions;

/* What wizard_run returns when there is no display; otherwise an exit status of
 * headless.h. */
#define WIZARD_NO_DISPLAY (-1)

/* Shows the wizard, filled in with SETTINGS, until it is closed.  The module's only
 * entry. */
int wizard_run (const Settings *settings, const WizardOptions *options);

/* The name and type of it, for dlsym. */
#define WIZARD_MODULE "p2v-wizard.so"
#define WIZARD_ENTRY  "wizard_run"
typedef int (*WizardRun) (const Settings *settings, const WizardOptions *options);
