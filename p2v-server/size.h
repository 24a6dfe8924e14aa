/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of bytes in words. */
#pragma once
#include <glib.h>

/* "1.2 GiB", "85.0 MiB", "512 bytes" (caller frees).  Unlike GLib's own, the
 * same in every locale, with an ordinary space. */
char *size_text (guint64 bytes);
