/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is at hand on every page: a support file, a picture of the screen, a terminal,
 * About, switching the machine off.  Also by function keys. */
#pragma once
#include "window.h"

/* Adds the menu to PLACE.  Borrows SHARED. */
void tools_add (P2vWindow *window, GtkBox *place, Shared *shared);
