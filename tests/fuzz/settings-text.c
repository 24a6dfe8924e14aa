/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's settings of LVM, MD, modules and X. */
#include "fuzz.h"
#include "p2v-server/convert/linux/settings-text.h"

static void
once_only (char *(*rewrite) (const char *), const char *text)
{
  g_autofree char *once = rewrite (text);
  g_autofree char *twice = once ? rewrite (once) : NULL;
  MUST (!twice);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const names[] = {"coretemp", "ipmi_si", NULL};
  g_autofree char *text = fuzz_text (data, size);
  once_only (lvm_conf_without_filters, text);
  once_only (mdadm_conf_any_device, text);
  once_only (xorg_conf_modesetting, text);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *once = module_list_without (text, names, gone);
  g_autofree char *twice = once ? module_list_without (once, names, gone) : NULL;
  MUST (!twice);
  return 0;
}
