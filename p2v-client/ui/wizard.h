/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizard's module (lib/p2v/p2v-wizard.so), which is all of ui/. */
#pragma once
#include "dialog/dialog.h"

/* DIALOG_NO_DISPLAY where GTK finds none. */
int wizard_run (const Settings *settings, const DialogOptions *options);
