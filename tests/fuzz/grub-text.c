/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's files of GRUB and debconf. */
#include "fuzz.h"
#include "p2v-server/convert/linux/grub-text.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_free (grub_config_problem (text, "6.1.0-18-amd64", TRUE));
  g_free (grub_config_problem (text, "6.1.0-18-amd64", FALSE));
  g_autofree char *once = grub_defaults_use_uuid (text);
  g_autofree char *twice = once ? grub_defaults_use_uuid (once) : NULL;
  MUST (!twice);
  g_autofree char *answered = debconf_with_value (text, "grub-pc/install_devices", "/dev/vda");
  g_autofree char *again =
      answered ? debconf_with_value (answered, "grub-pc/install_devices", "/dev/vda") : NULL;
  MUST (!again);
  return 0;
}
