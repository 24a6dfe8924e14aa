/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where initramfs-tools looks for a hibernated system. */
#include <string.h>
#include "convert.h"
#include "kernel-args.h"

gboolean
step_resume (Convert *c, GError **error)
{
  g_auto (GStrv) files = convert_glob (c, "/etc/initramfs-tools/conf.d/*");
  for (guint i = 0; files[i]; i++) {
    g_autofree char *text = convert_read (c, files[i], error);
    if (!text)
      return FALSE;
    g_autoptr (GPtrArray) changed = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *new = kernel_args_rewrite_devices (text, convert_argument_name, c, changed);
    if (!new)
      continue;
    if (!convert_write (c, files[i], new, 0644, error))
      return FALSE;
    for (guint j = 0; j < changed->len; j++)
      convert_changed (c, files[i], g_ptr_array_index (changed, j),
                       "The name belongs to the old machine's hardware.");
    c->initrd_stale = TRUE;
  }
  return TRUE;
}
