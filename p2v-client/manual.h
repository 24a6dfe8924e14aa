/* SPDX-License-Identifier: GPL-2.0-or-later */
/* p2v-client(1), made from the tables of options and settings. */
#pragma once
#include <glib.h>

/* The page as man(7) source (caller frees).  ENTRIES ends with a NULL name. */
char *manual_page (const GOptionEntry *entries);
