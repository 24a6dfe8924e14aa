/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container of one child that never gets wider than lines and fields are good to read, and
 * stands in the middle of what is left over on a larger screen. */
#pragma once
#include <gtk/gtk.h>

#define P2V_TYPE_CLAMP (p2v_clamp_get_type ())
G_DECLARE_FINAL_TYPE (P2vClamp, p2v_clamp, P2V, CLAMP, GtkBin)
