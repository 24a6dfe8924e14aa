/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert.h"

gboolean
convert_mask_service (Convert *c, const char *name, const char *why, GError **error)
{
  if (!g_strv_contains ((const char *const *)c->enabled, name))
    return TRUE;
  if (!c->systemd) {
    report_warning (c->job->report, "Service %s starts by itself in the guest, though %s", name,
                    why);
    return TRUE;
  }
  g_autofree char *unit = g_strdup_printf ("/etc/systemd/system/%s.service", name);
  g_autofree char *target = guestfs_readlink (c->g, unit);
  if (!g_strcmp0 (target, "/dev/null"))
    return TRUE;
  /* what stands there is a unit or an alias of the administrator's own */
  if (!convert_keep_original (c, unit, error))
    return FALSE;
  if (guestfs_ln_sf (c->g, "/dev/null", unit) < 0)
    return convert_failed (c, "A service cannot be masked", error);
  g_autofree char *what = g_strdup_printf (
      "Service %s does not start any more; \"systemctl unmask %s\" takes that back.", name, name);
  convert_changed (c, unit, what, why);
  return TRUE;
}
