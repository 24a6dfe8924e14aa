/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connecting again after a link broke: how long to wait before each attempt, and
 * after which failures another one is worth it. */
#pragma once
#include <gio/gio.h>

/* All zero to begin with, and again after a success. */
typedef struct {
  guint attempts; /* waits so far */
  guint refusals; /* logins refused in a row */
} Backoff;

/* TRUE when what ERROR says may pass by itself: nothing answered, or the link broke (also
 * while logging in).  A refused login is forgiven twice, for a server that is just
 * starting refuses, too; a third attempt in a row would only get us banned.  All else
 * (another host key, another version, no such job) stays as it is. */
gboolean backoff_forgives (Backoff *backoff, const GError *error);

/* Seconds before the next attempt: 1, 2, 4, 8, then 15 each. */
guint backoff_seconds (const Backoff *backoff);

/* Waits that long.  FALSE when cancelled, or when DEADLINE (monotonic) comes first. */
gboolean backoff_wait (Backoff *backoff, gint64 deadline, GCancellable *cancel);
