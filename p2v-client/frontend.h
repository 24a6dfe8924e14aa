/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizard seen from outside: a module that is loaded when it is wanted. */
#pragma once
#include "ui/wizard.h"

/* Loads the wizard and shows it; WIZARD_NO_DISPLAY when there is no module, no display, or
 * a library missing (the log says which). */
int frontend_run_wizard (const Settings *settings, const WizardOptions *options);
