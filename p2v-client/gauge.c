/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gauge.h"
#include <time.h>

#define GIGABIT    (125.0 * 1000 * 1000)
#define GAIN_MIN   0.05
#define IDLE       0.2
#define SAMPLE_MIN (64u * 1024u)
#define TRY_AGAIN  (10 * G_TIME_SPAN_SECOND) /* what lies on the disk changes */

gboolean
gauge_decide (gboolean compressing, const GaugeReading *reading)
{
  if (compressing)
    return (reading->gain > GAIN_MIN || reading->busy < IDLE) &&
           !(reading->busy > 0.9 && reading->blocked < 0.1);
  return reading->blocked > 0.6 && reading->busy < 0.4 && reading->rate < GIGABIT;
}

/* Of the calling thread, microseconds. */
static gint64
thread_cpu (void)
{
  struct timespec now;
  (void)clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

gboolean
gauge_update (Gauge *gauge, gint64 now, gint64 waited, gboolean blocked, guint64 sent,
              guint64 plain)
{
  if (blocked)
    gauge->blocked += waited;
  gint64 length = now - gauge->since;
  if (gauge->since != 0 && length < GAUGE_INTERVAL)
    return gauge->compress;
  gint64 cpu = thread_cpu ();
  /* Nothing sent, nothing learnt: the gain of a few requests says nothing. */
  if (gauge->since != 0 && plain - gauge->plain > SAMPLE_MIN) {
    double interval = (double)length;
    GaugeReading reading = {
        .blocked = (double)gauge->blocked / interval,
        .busy = (double)(cpu - gauge->cpu) / interval,
        .rate = (double)(sent - gauge->sent) * G_USEC_PER_SEC / interval,
        .gain = 1.0 - (double)(sent - gauge->sent) / (double)(plain - gauge->plain),
    };
    gboolean before = gauge->compress;
    gauge->compress = now >= gauge->not_before && gauge_decide (before, &reading);
    if (before && !gauge->compress)
      gauge->not_before = now + TRY_AGAIN;
  }
  gauge->since = now;
  gauge->cpu = cpu;
  gauge->sent = sent;
  gauge->plain = plain;
  gauge->blocked = 0;
  return gauge->compress;
}
