/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate.h"

/* The averages: how many seconds they remember. */
#define SHOWN_SECONDS 5.0
#define LEFT_SECONDS  60.0

/* A stretch is closed after a second.  One without a byte from the link may only be one
 * between two of them, as long as it is short. */
#define STRETCH_SECONDS 1.0
#define LOCAL_SECONDS   3.0

/* So much has to be measured before it says how long still. */
#define MEASURED_SECONDS 2.0
/* While nothing moves for so long, there is no saying. */
#define STILL_SECONDS 30.0

/* Bytes per second while nothing is measured: something between the usual links; one disk
 * that copies to another; reading an image back. */
#define LINK_RATE   40e6
#define LOCAL_RATE  300e6
#define VERIFY_RATE 500e6

/* Before inspect, how much of the disks lives. */
#define LIVING_SHARE 0.25

typedef enum { FIXED, COMPUTES, COPIES, VERIFIES } Kind;

/* Seconds: measured with Debian 12 of 1.2 GB on two cores without KVM; with it the
 * phases that compute are shorter, which the first of them shows. */
static const struct {
  const char *name;
  Kind kind;
  double seconds;
} phases[] = {
    {"connect", FIXED, 1},     {"preflight", FIXED, 1},   {"overlay", FIXED, 2},
    {"inspect", COMPUTES, 31}, {"convert", COMPUTES, 76}, {"trim", COMPUTES, 5},
    {"plan", FIXED, 0.3},      {"copy", COPIES, 0},       {"verify", VERIFIES, 0.3},
    {"finish", FIXED, 0.2},
};
#define N_PHASES G_N_ELEMENTS (phases)

static guint
find_phase (const char *name)
{
  for (guint i = 0; i < N_PHASES; i++)
    if (g_str_equal (phases[i].name, name))
      return i;
  return N_PHASES;
}

gboolean
estimate_counts_bytes (const char *phase)
{
  guint i = find_phase (phase);
  return i < N_PHASES && (phases[i].kind == COPIES || phases[i].kind == VERIFIES);
}

static double
seconds_between (gint64 from, gint64 to)
{
  return to > from ? (double)(to - from) / G_USEC_PER_SEC : 0;
}

static guint64
local_done (const EstimateCount *count)
{
  return count->done - count->link_done;
}

/* ---- what a byte costs, in seconds ---- */

static double
average_cost (const EstimateAverage *average, double otherwise)
{
  return average->bytes > 0 ? average->seconds / average->bytes : otherwise;
}

static double
link_cost (const Estimate *estimate)
{
  return average_cost (&estimate->link, estimate->link_cost);
}

static double
local_cost (const Estimate *estimate)
{
  gboolean verify = phases[estimate->phase].kind == VERIFIES;
  return average_cost (&estimate->local, 1 / (verify ? VERIFY_RATE : LOCAL_RATE));
}

/* ---- what is left, in seconds ---- */

static double
whole_phase (const Estimate *estimate, guint phase)
{
  double bytes = (double)estimate->copy_bytes;
  switch (phases[phase].kind) {
  case COMPUTES:
    return phases[phase].seconds *
           (estimate->expected > 0 ? CLAMP (estimate->worked / estimate->expected, 0.02, 50) : 1);
  case COPIES:
    return bytes * estimate->link_cost;
  case VERIFIES:
    return phases[phase].seconds + bytes / VERIFY_RATE;
  case FIXED:
    break;
  }
  return phases[phase].seconds;
}

static double
rest_of_phase (const Estimate *estimate, const EstimateCount *count)
{
  if (count->total == 0)
    return whole_phase (estimate, estimate->phase);
  Kind kind = phases[estimate->phase].kind;
  if (kind == COPIES || kind == VERIFIES) {
    guint64 local_total = count->total - count->link_total;
    return (double)(count->link_total - count->link_done) * link_cost (estimate) +
           (double)(local_total - local_done (count)) * local_cost (estimate);
  }
  return whole_phase (estimate, estimate->phase) * (1 - (double)count->done / (double)count->total);
}

static double
phases_from (const Estimate *estimate, guint phase)
{
  double seconds = 0;
  for (guint i = phase; i < N_PHASES; i++)
    seconds += whole_phase (estimate, i);
  return seconds;
}

static double
all_left (const Estimate *estimate, const EstimateCount *count)
{
  return rest_of_phase (estimate, count) + phases_from (estimate, estimate->phase + 1);
}

/* Of what was left a part is done.  What was believed to be left may have changed before:
 * that moves nothing. */
static void
advance (Estimate *estimate, double before, double after)
{
  if (before > 0 && after < before)
    estimate->fraction = 1 - (1 - estimate->fraction) * after / before;
}

/* ---- measuring ---- */

static void
add_to (EstimateAverage *average, double bytes, double seconds, double interval, double memory)
{
  double kept = memory / (memory + interval);
  average->bytes = average->bytes * kept + bytes;
  average->seconds = average->seconds * kept + seconds;
}

static double
left_memory (const Estimate *estimate)
{
  return MAX (LEFT_SECONDS, estimate->measured / 2);
}

static void
begin_stretch (Estimate *estimate, gint64 now)
{
  estimate->since = now;
  estimate->from = estimate->count;
  estimate->apart = FALSE;
}

/* Bytes that were at hand all the time took their usual time, and the link the rest. */
static void
close_stretch (Estimate *estimate, gint64 now)
{
  const EstimateCount *count = &estimate->count, *from = &estimate->from;
  double interval = seconds_between (estimate->since, now);
  double memory = left_memory (estimate);
  double link = (double)(count->link_done - from->link_done);
  double local = (double)(local_done (count) - local_done (from));
  gboolean waits = count->link_done < count->link_total && local <= 0;
  add_to (&estimate->shown, link + local, interval, interval, SHOWN_SECONDS);
  if (link > 0 || waits) {
    double beside = MIN (local * local_cost (estimate), interval / 2);
    add_to (&estimate->link, link, interval - beside, interval, memory);
  } else {
    add_to (&estimate->local, local, interval, interval, memory);
  }
  estimate->measured += interval;
  begin_stretch (estimate, now);
}

static gboolean
stretch_is_over (const Estimate *estimate, gint64 now)
{
  const EstimateCount *count = &estimate->count, *from = &estimate->from;
  double interval = seconds_between (estimate->since, now);
  gboolean link = count->link_done > from->link_done || from->link_done == from->link_total;
  return interval >= (link ? STRETCH_SECONDS : LOCAL_SECONDS);
}

/* ---- the door ---- */

void
estimate_init (Estimate *estimate, guint64 disk_bytes, guint64 bandwidth)
{
  double cost = 1 / LINK_RATE;
  *estimate = (Estimate){
      .apart = TRUE,
      .copy_bytes = (guint64)((double)disk_bytes * LIVING_SHARE),
      .link_cost = bandwidth > 0 ? MAX (cost, 1 / (double)bandwidth) : cost,
  };
}

void
estimate_begin (Estimate *estimate, const char *phase, guint64 copy_bytes, gint64 now)
{
  guint next = find_phase (phase), last = estimate->phase;
  if (next < N_PHASES) {
    advance (estimate, all_left (estimate, &estimate->count), phases_from (estimate, next));
    if (next > last && phases[last].kind == COMPUTES) {
      estimate->worked += seconds_between (estimate->began, now);
      estimate->expected += phases[last].seconds;
    }
    estimate->phase = next;
  }
  if (copy_bytes > 0)
    estimate->copy_bytes = copy_bytes;
  estimate->began = now;
  estimate->count = (EstimateCount){0};
  estimate->shown = estimate->link = estimate->local = (EstimateAverage){0};
  estimate->measured = 0;
  estimate->moving = FALSE;
  estimate->apart = TRUE;
}

/* What the server says, such that no subtraction goes below zero. */
static EstimateCount
consistent (const EstimateCount *count)
{
  EstimateCount c = *count;
  if (c.total == 0)
    return (EstimateCount){0};
  c.done = MIN (c.done, c.total);
  c.link_total = MIN (c.link_total, c.total);
  c.link_done = MIN (c.link_done, MIN (c.link_total, c.done));
  c.link_done = MAX (c.link_done, c.done - MIN (c.done, c.total - c.link_total));
  return c;
}

void
estimate_add (Estimate *estimate, const EstimateCount *count, gint64 now)
{
  EstimateCount old = estimate->count, new = consistent (count);
  /* Work that is done again begins the measurement again, and what was done or prepared
   * before the first byte came does not count. */
  estimate->apart |=
      !estimate->moving || new.link_done < old.link_done || local_done (&new) < local_done (&old);
  estimate->moving |= new.done > old.done;
  old.total = new.total;
  old.link_total = new.link_total;
  old = consistent (&old);
  advance (estimate, all_left (estimate, &old), all_left (estimate, &new));
  estimate->count = new;
  if (phases[estimate->phase].kind == COPIES && new.total > 0)
    estimate->copy_bytes = new.total;
  if (estimate->apart)
    begin_stretch (estimate, now);
  else if (stretch_is_over (estimate, now))
    close_stretch (estimate, now);
}

void
estimate_set_lost (Estimate *estimate, gboolean lost)
{
  estimate->lost = lost;
  estimate->apart = TRUE;
}

/* As if the stretch were over at NOW. */
static Estimate
look_ahead (const Estimate *estimate, gint64 now)
{
  Estimate ahead = *estimate;
  close_stretch (&ahead, now);
  return ahead;
}

double
estimate_rate (const Estimate *estimate, gint64 now)
{
  Estimate ahead = *estimate;
  if (!estimate->apart)
    ahead = look_ahead (estimate, now);
  if (ahead.lost || ahead.shown.seconds < 1)
    return -1;
  return ahead.shown.bytes / ahead.shown.seconds;
}

gint64
estimate_seconds_left (const Estimate *estimate, gint64 now)
{
  Kind kind = phases[estimate->phase].kind;
  const EstimateCount *count = &estimate->count;
  if (estimate->lost || estimate->phase < find_phase ("copy"))
    return -1;
  Estimate ahead = *estimate;
  double still = estimate->apart ? 0 : seconds_between (estimate->since, now);
  if (still > STRETCH_SECONDS)
    ahead = look_ahead (estimate, now);
  gboolean moves = count->done == count->total || still < STILL_SECONDS;
  gboolean known = kind != COPIES || count->link_done == count->link_total ||
                   (ahead.measured >= MEASURED_SECONDS && ahead.link.bytes > 0);
  if (!moves || !known || (kind == COPIES && count->total == 0))
    return -1;
  double seconds = all_left (&ahead, count);
  /* Beyond a year it is no estimate any more. */
  return seconds < 365.0 * 86400 ? (gint64)(seconds + 0.5) : -1;
}

double
estimate_fraction (const Estimate *estimate)
{
  return estimate->fraction;
}

void
estimate_finish (Estimate *estimate)
{
  estimate->fraction = 1;
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
