/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate.h"

/* Closer samples replace each other, so that the ring always spans the window. */
#define SAMPLE_GAP (ESTIMATE_WINDOW / (ESTIMATE_SAMPLES - 4))

static const struct {
  const char *phase;
  double share; /* percent */
} shares[] = {
    {"connect", 1}, {"preflight", 1}, {"overlay", 1}, {"inspect", 6}, {"convert", 16},
    {"trim", 6},    {"plan", 1},      {"copy", 50},   {"verify", 15}, {"finish", 3},
};

void
estimate_begin (Estimate *estimate, const char *phase, gint64 now)
{
  double floor = estimate_fraction (estimate);
  *estimate = (Estimate){.began = now, .floor = floor, .from = floor};
  double sum = 0;
  for (guint i = 0; i < G_N_ELEMENTS (shares); i++) {
    if (g_str_equal (shares[i].phase, phase)) {
      estimate->from = sum / 100;
      estimate->part = shares[i].share / 100;
    }
    sum += shares[i].share;
  }
  estimate_add (estimate, 0, 0, now);
}

static const EstimateSample *
sample_at (const Estimate *estimate, guint index)
{
  return &estimate->samples[(estimate->first + index) % ESTIMATE_SAMPLES];
}

static void
drop_old (Estimate *estimate, gint64 now)
{
  /* One sample older than the window stays: the rate is measured from it. */
  while (estimate->count >= 2 && sample_at (estimate, 1)->time <= now - ESTIMATE_WINDOW) {
    estimate->first = (estimate->first + 1) % ESTIMATE_SAMPLES;
    estimate->count--;
  }
}

void
estimate_add (Estimate *estimate, guint64 done, guint64 total, gint64 now)
{
  /* Work that is done again (after a break) starts the measurement again. */
  if (done < estimate->done)
    estimate->count = 0;
  estimate->done = done;
  estimate->total = total;
  drop_old (estimate, now);
  if (estimate->count >= 2 && now - sample_at (estimate, estimate->count - 2)->time < SAMPLE_GAP)
    estimate->count--;
  if (estimate->count == ESTIMATE_SAMPLES) {
    estimate->first = (estimate->first + 1) % ESTIMATE_SAMPLES;
    estimate->count--;
  }
  guint next = (estimate->first + estimate->count) % ESTIMATE_SAMPLES;
  estimate->samples[next] = (EstimateSample){now, done};
  estimate->count++;
  /* A total that grows does not take back what was shown. */
  estimate->floor = estimate_fraction (estimate);
}

double
estimate_rate (const Estimate *estimate, gint64 now)
{
  /* Samples that left the window since the last one came do not count either. */
  guint oldest = 0;
  while (oldest + 1 < estimate->count &&
         sample_at (estimate, oldest + 1)->time <= now - ESTIMATE_WINDOW)
    oldest++;
  if (estimate->count == 0)
    return -1;
  const EstimateSample *sample = sample_at (estimate, oldest);
  gint64 span = now - sample->time;
  if (span < G_USEC_PER_SEC)
    return -1;
  return (double)(estimate->done - sample->done) * G_USEC_PER_SEC / (double)span;
}

gint64
estimate_seconds_left (const Estimate *estimate, gint64 now)
{
  double rate = estimate_rate (estimate, now);
  if (estimate->total == 0 || rate <= 0)
    return -1;
  if (estimate->done >= estimate->total)
    return 0;
  double seconds = (double)(estimate->total - estimate->done) / rate;
  /* Beyond a year it is no estimate any more. */
  return seconds < 365.0 * 86400 ? (gint64)(seconds + 0.5) : -1;
}

double
estimate_fraction (const Estimate *estimate)
{
  double within = 0;
  if (estimate->total > 0)
    within = MIN (1.0, (double)estimate->done / (double)estimate->total);
  return CLAMP (estimate->from + estimate->part * within, estimate->floor, 1.0);
}

void
estimate_finish (Estimate *estimate)
{
  estimate->floor = 1;
}

char *
estimate_format_bytes (guint64 bytes)
{
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = (double)bytes;
  guint unit = 0;
  /* 999.5 would be shown with four digits. */
  while (value >= 999.5 && unit + 1 < G_N_ELEMENTS (units)) {
    value /= 1024;
    unit++;
  }
  int decimals = unit > 0 && value < 9.95 ? 1 : 0;
  return g_strdup_printf ("%.*f %s", decimals, value, units[unit]);
}

char *
estimate_format_seconds (gint64 seconds)
{
  gint64 hours = seconds / 3600, minutes = seconds / 60 % 60;
  if (hours > 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d", hours, (int)minutes,
                            (int)(seconds % 60));
  return g_strdup_printf ("%d:%02d", (int)minutes, (int)(seconds % 60));
}
