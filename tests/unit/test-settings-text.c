/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of LVM, MD, module lists and X. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/settings-text.h"

static void
check (char *(*change) (const char *), const char *before, const char *after)
{
  g_autofree char *result = change (before);
  if (!after) {
    assert_null (result);
    return;
  }
  assert_string_equal (result, after);
  assert_null (change (result));
}

static void
test_lvm (void **state G_GNUC_UNUSED)
{
  check (lvm_conf_without_filters, "devices {\n\t# filter = [ \"a|.*|\" ]\n}\n", NULL);
  check (lvm_conf_without_filters, "\tfilter = [ \"a|.*|\" ]\n", NULL);
  check (lvm_conf_without_filters, "\tglobal_filter = [ \"a|/dev/sda.*|\", \"r|.*|\" ]\nx\n",
         "# p2v: \tglobal_filter = [ \"a|/dev/sda.*|\", \"r|.*|\" ]\nx\n");
  check (lvm_conf_without_filters, "filter = [\n \"a|sda|\",\n \"r|.*|\" ]\nx\n",
         "# p2v: filter = [\n# p2v:  \"a|sda|\",\n# p2v:  \"r|.*|\" ]\nx\n");
}

static void
test_mdadm (void **state G_GNUC_UNUSED)
{
  check (mdadm_conf_any_device, "DEVICE partitions containers\nARRAY /dev/md0 UUID=1\n", NULL);
  check (mdadm_conf_any_device, "DEVICE /dev/sd*[0-9]\nARRAY x\n", "DEVICE partitions\nARRAY x\n");
}

static void
test_modules (void **state G_GNUC_UNUSED)
{
  static const char *const names[] = {"ipmi_si", "coretemp", NULL};
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *result =
      module_list_without ("# ipmi_si\nloop\n  ipmi-si type=kcs\ncoretemp\n", names, gone);
  assert_string_equal (result, "# ipmi_si\nloop\n# p2v:   ipmi-si type=kcs\n# p2v: coretemp\n");
  assert_int_equal (gone->len, 2);
  assert_null (module_list_without (result, names, gone));
}

static void
test_xorg (void **state G_GNUC_UNUSED)
{
  check (xorg_conf_modesetting, "Section \"InputDevice\"\n\tDriver \"kbd\"\nEndSection\n", NULL);
  check (xorg_conf_modesetting,
         "Section \"Device\"\n\tIdentifier \"Card\"\n\tDriver \"mga\"\n\tBusID "
         "\"PCI:1:3:0\"\nEndSection\n",
         "Section \"Device\"\n\tIdentifier \"Card\"\n\tDriver \"modesetting\"\n"
         "# p2v: \tBusID \"PCI:1:3:0\"\nEndSection\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_lvm),
      cmocka_unit_test (test_mdadm),
      cmocka_unit_test (test_modules),
      cmocka_unit_test (test_xorg),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
