/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of a conversion as text: a line per phase and log line, and one
 * that shows how far it is. */
#pragma once
#include "console.h"
#include "event.h"

typedef struct View View;

/* Borrows CONSOLE.  VERBOSE: debug lines too. */
View *view_new (Console *console, gboolean verbose);
void view_free (View *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (View, view_free)

/* Shows EVENT (borrowed) of any kind; of EVENT_FINISHED only that it is over. */
void view_take (View *view, const Event *event);
