/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments wherever they stand in a guest's files. */
#include "fuzz.h"
#include "p2v-server/convert/linux/kernel-args.h"

static char *
name_of (const char *name, gpointer data G_GNUC_UNUSED)
{
  return g_str_has_prefix (name, "/dev/sd") ? g_strdup ("UUID=0000-0001") : NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_autoptr (GPtrArray) changed = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *once = kernel_args_rewrite_devices (text, name_of, NULL, changed);
  g_autofree char *twice = once ? kernel_args_rewrite_devices (once, name_of, NULL, NULL) : NULL;
  MUST (!twice);
  g_autofree char *moved = kernel_args_move_consoles (text);
  g_autofree char *again = moved ? kernel_args_move_consoles (moved) : NULL;
  MUST (!again);
  (void)kernel_args_has_serial (text);
  return 0;
}
