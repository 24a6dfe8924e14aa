/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sheet that saves a support file: to a USB stick, on the conversion server, or, where
 * this system has a place for files, into one. */
#pragma once
#include "window.h"

void support_sheet_open (P2vWindow *window, Shared *shared);
