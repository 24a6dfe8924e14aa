/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hardware_drivers_text (hardware.h) in a thread: the list of what could be loaded is long. */
#pragma once
#include "work.h"

/* TEXT and REMEDY are borrowed, and NULL when every device has its driver. */
typedef void (*DriverLookDone) (const char *text, const char *remedy, gpointer owner);

GCancellable *driver_look_start (DriverLookDone done, GObject *owner);
