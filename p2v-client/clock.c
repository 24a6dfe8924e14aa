/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"
#include "common/error.h"

/* What a slow login and two clocks without NTP may differ. */
#define TOLERANCE 120
#define MINUTE    60
#define HOUR      (60 * MINUTE)
#define DAY       (24 * HOUR)
/* The time zones go from -12 to +14 hours, in steps of a quarter of an hour. */
#define ZONE_MOST (14 * HOUR)
#define ZONE_STEP (15 * MINUTE)

static char *
describe (gint64 seconds)
{
  if (seconds >= 2 * DAY)
    return g_strdup_printf (N_ ("about %" G_GINT64_FORMAT " days"), seconds / DAY);
  if (seconds >= HOUR)
    return g_strdup_printf ("%d h %d min", (int)(seconds / HOUR), (int)(seconds % HOUR / MINUTE));
  return g_strdup_printf ("%d min", (int)(seconds / MINUTE));
}

static gboolean
may_be_zone (gint64 seconds)
{
  gint64 rest = seconds % ZONE_STEP;
  return seconds <= ZONE_MOST + TOLERANCE && MIN (rest, ZONE_STEP - rest) <= TOLERANCE;
}

char *
clock_complaint (gint64 ours, gint64 theirs)
{
  /* Neither is trusted with the other's arithmetic. */
  ours = CLAMP (ours, 0, G_MAXINT32 * G_GINT64_CONSTANT (100));
  theirs = CLAMP (theirs, 0, G_MAXINT32 * G_GINT64_CONSTANT (100));
  gint64 apart = ours > theirs ? ours - theirs : theirs - ours;
  if (apart <= TOLERANCE)
    return NULL;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (theirs);
  g_autofree char *stamp = time ? g_date_time_format (time, "%Y-%m-%d %H:%M") : g_strdup ("?");
  g_autofree char *words = describe (apart);
  const char *zone = may_be_zone (apart)
                         ? N_ (" It may show local time, as Windows keeps it: see p2v.rtc.basis.")
                         : "";
  return g_strdup_printf (
      ours > theirs
          ? N_ ("This machine's clock is %s ahead of the conversion server's (%s UTC).%s "
                "Its log has that time, and https may take good certificates for invalid; "
                "the guest gets the time of its host.")
          : N_ ("This machine's clock is %s behind of the conversion server's (%s UTC).%s "
                "Its log has that time, and https may take good certificates for invalid; "
                "the guest gets the time of its host."),
      words, stamp, zone);
}
