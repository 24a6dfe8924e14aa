/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual terminals of the image. */
#pragma once
#include <glib.h>

/* The one with a root shell (p2v-debug@tty2.service). */
#define TERMINAL_SHELL 2

/* Brings terminal NUMBER to the screen.  P2V_ERROR_IO. */
gboolean terminal_show (int number, GError **error);
