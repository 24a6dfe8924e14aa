/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of what is on the screen. */
#pragma once
#include <gtk/gtk.h>

typedef void (*PictureDone) (const char *path, const GError *error, gpointer data);

/* Takes it now and writes it as a PNG of a new name into FOLDER, in a thread; DONE is
 * called in the main loop.  OWNER lives until then. */
void picture_take (GObject *owner, const char *folder, PictureDone done, gpointer data);
