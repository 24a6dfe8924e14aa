/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "size.h"

char *
size_text (guint64 bytes)
{
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " bytes", bytes);
  guint unit = 0;
  while (unit + 1 < G_N_ELEMENTS (units) && bytes >= 1024 * 1024) {
    bytes /= 1024;
    unit++;
  }
  /* One digit, without floating point and its locale. */
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT " %s", bytes / 1024,
                          bytes % 1024 * 10 / 1024, units[unit]);
}
