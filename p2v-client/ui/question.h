/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the conversion server asks at a login beside the password: threads ask, a person
 * answers in a sheet. */
#pragma once
#include "window.h"

/* From now on, and until WINDOW is closed, SHARED's settings have somebody to ask. */
void question_serve (P2vWindow *window, Shared *shared);
