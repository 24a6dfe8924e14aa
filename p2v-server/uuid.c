/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "uuid.h"
#include <string.h>

/* What boards without an identity of their own report: AMI's sample value, as
 * seen on many white boxes. */
#define AMI_FILLER "03000200-0400-0500-0006-000700080009"

static gboolean
is_filler (const char *uuid)
{
  if (g_str_equal (uuid, AMI_FILLER))
    return TRUE;
  gsize same = 0, digits = 0;
  for (const char *p = uuid; *p; p++)
    if (*p != '-') {
      digits++;
      same += *p == uuid[0];
    }
  return same == digits; /* 00000000-…, ffffffff-… */
}

char *
guest_uuid (const char *machine_uuid)
{
  if (machine_uuid && g_uuid_string_is_valid (machine_uuid)) {
    g_autofree char *uuid = g_ascii_strdown (machine_uuid, -1);
    if (!is_filler (uuid))
      return g_steal_pointer (&uuid);
  }
  return g_uuid_string_random ();
}
