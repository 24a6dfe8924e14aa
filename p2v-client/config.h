/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings file that p2v.config= names: many machines, one boot menu. */
#pragma once
#include "settings.h"

/* Reads it and puts into SETTINGS what they do not have; nothing without p2v.config=.  WHERE
 * (may be NULL) receives the place that was read (caller frees), without a password.  For
 * PATIENCE_S seconds a network or a stick that is not there yet is waited for.
 * P2V_ERROR_SETTINGS. */
gboolean config_load (Settings *settings, guint patience_s, char **where, GError **error);
