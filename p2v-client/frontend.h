/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialogs seen from outside: modules that are loaded when they are wanted. */
#pragma once
#include "dialog/dialog.h"

/* Loads the wizard and shows it; DIALOG_NO_DISPLAY when there is no module, no display, or
 * a library missing (the log says which). */
int frontend_run_wizard (const Settings *settings, const DialogOptions *options);

/* The same in text, on the terminal of standard input and output; DIALOG_NO_DISPLAY also
 * when that is none. */
int frontend_run_text (const Settings *settings, const DialogOptions *options);
