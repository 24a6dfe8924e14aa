/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>

/* The words of COMMAND when it is "[sudo -n] p2v-server session" or "… data JOB
 * DISK" (caller frees the strv), else NULL. */
char **restricted_parse (const char *command);
