/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An X server that was told to use the old graphics card's driver would not
 * start; "modesetting" drives the virtual one. */
#include "convert.h"
#include "settings-text.h"

static const char *const places[] = {"/etc/X11/xorg.conf", "/etc/X11/xorg.conf.d/*.conf",
                                     "/etc/X11/XF86Config-4"};

gboolean
step_display (Convert *c, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_auto (GStrv) files = convert_glob (c, places[i]);
    for (guint j = 0; files[j]; j++) {
      g_autofree char *text = convert_read (c, files[j], error);
      if (!text)
        return FALSE;
      g_autofree char *new = xorg_conf_modesetting (text);
      if (!new)
        continue;
      if (!convert_write (c, files[j], new, 0644, error))
        return FALSE;
      convert_changed (c, files[j], "The display driver is now modesetting.",
                       "The driver named before is for the old machine's graphics card.");
    }
  }
  return TRUE;
}
