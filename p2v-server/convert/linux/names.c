/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert.h"
#include "device-name.h"
#include "volumes.h"

char *
convert_device_name (Convert *c, const char *name, const char *type, gboolean *missing)
{
  *missing = FALSE;
  if (!device_name_is_hardware (name))
    return NULL;
  const Volume *volume = volume_find (c->guest, name, type);
  char *stable = volume ? volume_name (c->guest, volume) : NULL;
  *missing = !stable;
  return stable;
}

char *
convert_argument_name (const char *name, gpointer data)
{
  Convert *c = data;
  gboolean missing;
  char *stable = convert_device_name (c, name, NULL, &missing);
  if (missing) {
    g_autofree char *safe = g_utf8_make_valid (name, -1);
    report_warning (c->job->report,
                    "The kernel command line names %s, which is none of the converted disks; "
                    "it stays as it is.",
                    safe);
  }
  return stable;
}
