/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What takes time runs here, in a thread of its own, and never on the window's. */
#pragma once
#include <gio/gio.h>

typedef struct Work Work;

/* First member of a struct with what goes in and comes out. */
struct Work {
  void (*run) (Work *work, GCancellable *cancel); /* in the thread */
  void (*done) (Work *work, gpointer owner);      /* in the main loop; not after a cancel */
  void (*free) (Work *work);                      /* in the main loop, always */
};

/* Owns WORK; keeps OWNER alive until it is over.  Caller unrefs what comes back, after
 * cancelling it if the result is not wanted any more. */
GCancellable *work_start (Work *work, GObject *owner);

/* Waits until nothing runs any more, before the program ends. */
void work_wait_all (void);

/* Cancels what *CANCEL stands for, if anything, and clears it. */
void work_cancel (GCancellable **cancel);
