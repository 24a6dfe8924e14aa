/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layouts of keyboards that a person can choose from: passwords are typed in a dialog. */
#pragma once
#include "language.h"

/* The usual ones, by their names in setxkbmap(1), by which the image has them as keymaps of the
 * console as well (iso/dracut/90p2v); NULL as ID ends it. */
extern const Language keyboard_layouts[];

/* What the image was given (iso/customise.sh), else the kernel's (caller frees). */
char *keyboard_given (void);
