/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does compressing pay?  One gauge per SSH session, fed by its thread. */
#pragma once
#include <glib.h>

typedef struct {
  gint64 since;   /* start of the interval, monotonic microseconds */
  gint64 cpu;     /* processor time of the thread at that moment, microseconds */
  guint64 sent;   /* bytes on the wire at that moment */
  guint64 plain;  /* bytes of payload at that moment */
  gint64 blocked; /* microseconds of the interval spent waiting with data to send */
  gboolean compress;
  gint64 not_before; /* no new attempt until then */
} Gauge;

/* What an interval was like. */
typedef struct {
  double blocked; /* share of its time (0 to 1) in which there was data to send and no room
                     for it: channel window or socket full */
  double busy;    /* processor time of the thread, as a share of it */
  double rate;    /* bytes per second on the wire */
  double gain;    /* share of the payload that did not cross the wire */
} GaugeReading;

/* Length of an interval, microseconds. */
#define GAUGE_INTERVAL (250 * 1000)

/* The rule.  The link is the bottleneck when the thread was blocked for most of the
 * interval while its processor was mostly idle: then compressing costs nothing that
 * is missing elsewhere.  Not above the rate of a gigabit link, though: zstd's level 1
 * makes some 250 MB/s in one thread (and half of that on old processors), so that a
 * faster link is better fed with plain data, and a fast link that seems to block does so
 * because the server is slow.  Compressing stops when the thread works all the time and
 * hardly ever waits (then it is the bottleneck itself), or when it gains nothing for what it
 * costs (then the next attempt is some seconds off).  On a slow link it costs nothing: there
 * an interval is a megabyte or less, which may well not shrink although the next one does, and
 * waiting would make the copy up to half as long again.  Between the two nothing changes,
 * so that it does not flutter. */
gboolean gauge_decide (gboolean compressing, const GaugeReading *reading);

/* Adds a wait of WAITED microseconds, BLOCKED or not, and decides at the end of an
 * interval; returns whether to compress.  NOW: g_get_monotonic_time (); SENT: bytes
 * on the wire so far, for PLAIN bytes of payload. */
gboolean gauge_update (Gauge *gauge, gint64 now, gint64 waited, gboolean blocked, guint64 sent,
                       guint64 plain);
