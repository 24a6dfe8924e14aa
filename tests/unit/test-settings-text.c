/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of LVM, MD, module lists, X and network names. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/network-plan.h"
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

static P2vMachine *
machine_with (const char *const *nics)
{
  P2vMachine *machine = p2v_machine_new ();
  for (guint i = 0; nics[i]; i++) {
    g_auto (GStrv) names = g_strsplit (nics[i], " ", -1);
    P2vNic *nic = p2v_nic_new ();
    nic->mac = g_strdup (names[0]);
    nic->name = g_strdup (names[1]);
    for (guint j = 2; names[j]; j++)
      g_ptr_array_add (nic->alt_names, g_strdup (names[j]));
    g_ptr_array_add (machine->nics, nic);
  }
  return machine;
}

/* WANTED: "MAC=NAME" for each entry. */
static void
check_plan (const char *const *nics, const char *configuration, gboolean eth, const char *wanted)
{
  g_autoptr (P2vMachine) machine = machine_with (nics);
  g_autoptr (GPtrArray) plan = network_plan (machine, configuration, eth);
  g_autoptr (GString) found = g_string_new (NULL);
  for (guint i = 0; i < plan->len; i++) {
    const NetworkName *name = g_ptr_array_index (plan, i);
    g_string_append_printf (found, "%s%s=%s%s", i ? " " : "", name->nic->mac, name->name,
                            name->deduced ? "?" : "");
  }
  assert_string_equal (found->str, wanted);
}

static void
test_plan (void **state G_GNUC_UNUSED)
{
  static const char *const one[] = {"m1 enp0s2 eth0 ens2 enx001122334455", NULL};
  static const char *const two[] = {"m1 eno1 eth0 enp2s0", "m2 eno2 eth1 enp3s0", NULL};
  check_plan (one, "auto lo\niface lo inet loopback\n", FALSE, "");
  check_plan (one, "allow-hotplug enp0s2\niface enp0s2 inet static\n", FALSE, "m1=enp0s2");
  check_plan (one, "# iface enp0s2\n", FALSE, "");
  check_plan (one, "iface eth0.100 inet dhcp\n", FALSE, "m1=eth0");
  check_plan (one, "iface ens2:1 inet dhcp\n", FALSE, "m1=ens2");
  check_plan (one, "iface enp0s20 inet dhcp\n", FALSE, "m1=enp0s20?");
  check_plan (one, "iface eth5 inet dhcp\n", FALSE, "m1=eth5?");
  check_plan (one, "auto ens2 eth0\n", FALSE, "m1=ens2");
  check_plan (one, "auto ens2 eth0\n", TRUE, "m1=eth0");
  check_plan (one, "  ethernets:\n    enp0s2: {dhcp4: true}\n", FALSE, "m1=enp0s2");
  check_plan (one, "interface-name=enp0s2\n", FALSE, "m1=enp0s2");
  check_plan (one, "[Match]\nName=en*\n", FALSE, "");
  check_plan (one, "iface br0 inet dhcp\n bridge_ports eth0\n", FALSE, "m1=eth0");
  check_plan (two, "iface eth0\niface eth1\n", FALSE, "m1=eth0 m2=eth1");
  check_plan (two, "iface enp3s0\niface eno1\n", FALSE, "m1=eno1 m2=enp3s0");
  check_plan (two, "iface eno1\niface em7\n", FALSE, "m1=eno1 m2=em7?");
  check_plan (two, "iface em6\niface em7\n", FALSE, "");
}

static void
test_rules (void **state G_GNUC_UNUSED)
{
  static const char good[] =
      "SUBSYSTEM==\"net\", DRIVERS==\"?*\", ATTR{address}==\"52:54:00:AA:bb:cc\", "
      "KERNEL==\"eth*\", NAME=\"eth1\"\n";
  static const char bus[] = "SUBSYSTEM==\"net\", KERNELS==\"0000:00:19.0\", "
                            "ATTR{address}==\"52:54:00:aa:bb:cc\", NAME=\"eth1\"\n";
  assert_true (network_rule_holds (good, "52:54:00:aa:bb:cc"));
  assert_false (network_rule_holds (good, "52:54:00:aa:bb:cd"));
  assert_false (network_rule_holds (bus, "52:54:00:aa:bb:cc"));
  assert_false (network_rule_holds ("", "52:54:00:aa:bb:cc"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_lvm),  cmocka_unit_test (test_mdadm), cmocka_unit_test (test_modules),
      cmocka_unit_test (test_xorg), cmocka_unit_test (test_plan),  cmocka_unit_test (test_rules),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
