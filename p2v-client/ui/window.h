/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame around the pages: the list of steps, the heading, Back and Next. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/shared.h"

#define P2V_TYPE_WINDOW (p2v_window_get_type ())
G_DECLARE_FINAL_TYPE (P2vWindow, p2v_window, P2V, WINDOW, GtkWindow)

/* With all pages, at the first.  Borrows SHARED. */
P2vWindow *p2v_window_new (Shared *shared);
