/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversion as the client sees it: one state machine in a thread of its
 * own (connect, then follow the server's phases), which knows no front-end. */
#pragma once
#include "event.h"
#include "inventory.h"
#include "settings.h"

typedef struct Conversion Conversion;

/* Called in the GMainContext that was the thread default when the conversion
 * was started, twice a second at least while that runs; owns EVENT. */
typedef void (*ConversionCallback) (Event *event, gpointer data);

/* Borrows SETTINGS and MACHINE until it is freed. */
Conversion *conversion_new (const Settings *settings, const P2vMachine *machine);

/* Before the start: this front-end answers EVENT_WAITING by conversion_decide,
 * EVENT_CHOICE by conversion_choose, and EVENT_LOCKED by conversion_unlock.  Else, unless
 * p2v.resume= says otherwise, a job that waits is gone on with, several operating systems are an
 * error, and passphrases that open nothing bring the job to a halt. */
void conversion_set_asks (Conversion *conversion);

/* Any thread: go on with the job that waits, or begin anew beside it. */
void conversion_decide (Conversion *conversion, gboolean adopt);

/* Any thread: the operating system of this index among the choices. */
void conversion_choose (Conversion *conversion, guint index);

/* Any thread: a passphrase for the encrypted volumes, or NULL: they stay closed. */
void conversion_unlock (Conversion *conversion, const char *passphrase);

/* Starts the thread.  The last event is EVENT_FINISHED, exactly once. */
void conversion_start (Conversion *conversion, ConversionCallback callback, gpointer data);

/* Asks the server to stop and clean up, from any thread; FINISHED follows with
 * P2V_ERROR_CANCELLED, at the latest after 60 s. */
void conversion_cancel (Conversion *conversion);

/* Waits for the thread and frees. */
void conversion_free (Conversion *conversion);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Conversion, conversion_free)
