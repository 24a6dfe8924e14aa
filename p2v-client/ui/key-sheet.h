/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses a private key from a USB stick. */
#pragma once
#include "window.h"

/* PATH is where the chosen one is kept in memory (stick-keys.h). */
typedef void (*KeyChosen) (const char *path, gpointer data);

/* DATA has to live as long as WINDOW. */
void key_sheet_open (P2vWindow *window, KeyChosen chosen, gpointer data);
