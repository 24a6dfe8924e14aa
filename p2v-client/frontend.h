/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialogs seen from outside: modules that are loaded when they are wanted. */
#pragma once
#include "dialog/dialog.h"

/* Loads and shows the wizard where there is a display, unless p2v.text asks for the other
 * one: the same in text, on the terminal of standard input and output.  DIALOG_NO_DISPLAY
 * when neither can be shown: no module, nothing to show it on, or a library missing (the
 * log says which). */
int frontend_run (const Settings *settings, const DialogOptions *options);
