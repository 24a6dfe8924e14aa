/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stick_keys_find (stick-keys.h) in a thread. */
#pragma once
#include "stick-keys.h"
#include "work.h"

/* Gets KEYS for its own; FAILURE is borrowed and NULL when every stick could be read. */
typedef void (*KeyLookDone) (GPtrArray *keys, const GError *failure, gpointer owner);

GCancellable *key_look_start (KeyLookDone done, GObject *owner);
