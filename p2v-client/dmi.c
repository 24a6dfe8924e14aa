/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dmi.h"
#include "sysfs.h"
#include <string.h>

#define DMI "/sys/class/dmi/id/"

/* What manufacturers leave in when they did not fill the field. */
char *
dmi_read (const char *field)
{
  static const char *const fillers[] = {"To Be Filled", "O.E.M.",        "Default string",
                                        "System ",      "Not Specified", "Not Applicable",
                                        "Unknown",      "Empty",         "None"};
  g_autofree char *text = sysfs_read (DMI "%s", field);
  for (guint i = 0; text && i < G_N_ELEMENTS (fillers); i++)
    if (g_str_has_prefix (text, fillers[i]))
      return NULL;
  return g_steal_pointer (&text);
}

char *
dmi_uuid (void)
{
  g_autofree char *text = sysfs_read (DMI "product_uuid");
  if (!text || !g_uuid_string_is_valid (text))
    return NULL;
  for (char *p = text; *p; p++)
    *p = g_ascii_tolower (*p);
  /* All bits alike: the firmware has none. */
  if (strspn (text, "0-") == strlen (text) || strspn (text, "f-") == strlen (text))
    return NULL;
  return g_steal_pointer (&text);
}
