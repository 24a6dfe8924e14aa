/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast, how long still, how far: from samples of bytes done.  Pure: the
 * caller brings the clock. */
#pragma once
#include <glib.h>

/* The rate is that of the last ESTIMATE_WINDOW microseconds: long enough that a
 * file system's seeks even out, short enough to show a slow link at once. */
#define ESTIMATE_WINDOW  (30 * G_USEC_PER_SEC)
#define ESTIMATE_SAMPLES 64

typedef struct {
  gint64 time;
  guint64 done;
} EstimateSample;

typedef struct {
  EstimateSample samples[ESTIMATE_SAMPLES]; /* ring, oldest at first */
  guint first, count;
  gint64 began; /* of the phase, monotonic microseconds */
  guint64 done, total;
  /* Over all phases: */
  double floor;      /* the fraction never falls below it */
  double from, part; /* where this phase begins, and its share */
} Estimate;

/* A phase begins at NOW (g_get_monotonic_time), with nothing done. */
void estimate_begin (Estimate *estimate, const char *phase, gint64 now);

/* DONE of TOTAL bytes (or steps) of the phase at NOW; TOTAL 0: not known. */
void estimate_add (Estimate *estimate, guint64 done, guint64 total, gint64 now);

/* Bytes per second over the window that ends NOW; falls towards 0 while nothing
 * comes.  -1 when there is too little to say (less than a second). */
double estimate_rate (const Estimate *estimate, gint64 now);

/* Seconds until the phase is done at that rate; -1 when it cannot be said (no
 * total, no rate yet, or nothing moved within the window). */
gint64 estimate_seconds_left (const Estimate *estimate, gint64 now);

/* How far the whole conversion is, 0 to 1.  Never goes back.  Each phase has a
 * share of it, about what it takes of the time when a machine of some GiB is
 * converted; within a phase the bytes count, and a phase that cannot count stands
 * still until the next one: it shows only what is really done. */
double estimate_fraction (const Estimate *estimate);

/* 1 after the last phase has ended well. */
void estimate_finish (Estimate *estimate);

/* "1.2 GiB", "85 MiB", "640 KiB": three digits at most (caller frees). */
char *estimate_format_bytes (guint64 bytes);

/* "0:07", "12:40", "3:05:00" (caller frees). */
char *estimate_format_seconds (gint64 seconds);
