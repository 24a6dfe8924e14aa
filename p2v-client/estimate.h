/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast, how long still, how far: from what the server counts.  Pure: the caller
 * brings the clock (monotonic microseconds).
 *
 * What takes time in a copy are the bytes that come over the link; those that the
 * conversion server holds already go by in no time.  So both are measured by
 * themselves.  A measurement is an average that forgets: for what is shown, the last
 * seconds; for the time left, the last minute at least and half of the copy at most,
 * because compression and the disk's seeks make each minute another one. */
#pragma once
#include <glib.h>

/* Of the phase. */
typedef struct {
  guint64 done, total;           /* bytes, or steps; TOTAL 0: not known */
  guint64 link_done, link_total; /* the bytes of them that come over the link */
} EstimateCount;

/* Sums in which what is old counts less and less. */
typedef struct {
  double seconds, bytes;
} EstimateAverage;

typedef struct {
  guint phase;  /* in the table of estimate.c */
  gint64 began; /* of the phase */
  EstimateCount count;
  gboolean lost; /* the link is broken */

  gboolean moving; /* something came in this phase */
  gboolean apart;  /* the next count begins a stretch, and says nothing about the time before */
  gint64 since;    /* the stretch that is not in the averages yet */
  EstimateCount from;
  double measured;             /* seconds in the averages, nothing forgotten */
  EstimateAverage shown;       /* of the last seconds */
  EstimateAverage link, local; /* for the time left */

  guint64 copy_bytes;      /* what the copy will have to move, as far as it is known */
  double link_cost;        /* seconds a byte, while nothing is measured */
  double worked, expected; /* seconds of the phases that compute: in this run, and in ours */
  double fraction;
} Estimate;

/* DISK_BYTES: of all disks; BANDWIDTH: the highest rate of the link in bytes per
 * second, 0: not known. */
void estimate_init (Estimate *estimate, guint64 disk_bytes, guint64 bandwidth);

/* A phase begins at NOW with nothing done.  COPY_BYTES: about what the copy will have
 * to move, 0: no news about that. */
void estimate_begin (Estimate *estimate, const char *phase, guint64 copy_bytes, gint64 now);

/* How far the phase is at NOW. */
void estimate_add (Estimate *estimate, const EstimateCount *count, gint64 now);

/* The link broke, or is there again: the time between is not measured, nor is what the
 * first count after it has more. */
void estimate_set_lost (Estimate *estimate, gboolean lost);

/* Bytes (or steps) per second of the phase in the last seconds; falls towards 0 while
 * nothing comes.  -1 when there is too little to say (less than a second). */
double estimate_rate (const Estimate *estimate, gint64 now);

/* Seconds until the conversion is done: the rest of the copy as it has gone so far,
 * and what comes behind it.  -1 when it cannot be said: before the copy, in its
 * first seconds, and while nothing moves. */
gint64 estimate_seconds_left (const Estimate *estimate, gint64 now);

/* How far the whole conversion is, 0 to 1.  Never goes back.  What is done moves it on by
 * its share of all that is left, in seconds: of the copy by what is measured, of
 * other phases by what they took elsewhere, corrected by what those before took in this
 * run.  A phase that cannot count stands still until the next one: it shows only what
 * is really done. */
double estimate_fraction (const Estimate *estimate);

/* TRUE for the phases that count bytes. */
gboolean estimate_counts_bytes (const char *phase);

/* 1 after the last phase has ended well. */
void estimate_finish (Estimate *estimate);

/* "1.2 GiB", "85 MiB", "640 KiB": three digits at most (caller frees). */
char *estimate_format_bytes (guint64 bytes);

/* "0:07", "12:40", "3:05:00" (caller frees). */
char *estimate_format_seconds (gint64 seconds);
