/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network card had which name in the guest. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/link-file.h"
#include "p2v-server/convert/linux/network-plan.h"

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
  g_autoptr (GPtrArray) plan = network_plan (machine, NULL, configuration, eth);
  g_autoptr (GString) found = g_string_new (NULL);
  for (guint i = 0; i < plan->len; i++) {
    const NetworkName *name = g_ptr_array_index (plan, i);
    g_string_append_printf (found, "%s%s=%s%s", i ? " " : "", name->nic->mac, name->name,
                            name->deduced    ? "?"
                            : name->by_order ? "!"
                                             : "");
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
  check_plan (two, "iface eth0\niface eth1\n", FALSE, "m1=eth0! m2=eth1!");
  check_plan (two, "iface enp3s0\niface eno1\n", FALSE, "m1=eno1 m2=enp3s0");
  check_plan (two, "iface eno1\niface em7\n", FALSE, "m1=eno1 m2=em7?");
  check_plan (two, "iface em6\niface em7\n", FALSE, "");
}

static void
test_given (void **state G_GNUC_UNUSED)
{
  static const char *const two[] = {"m1 eno1 eth0 enp2s0", "m2 eno2 eth1 enp3s0", NULL};
  g_autoptr (P2vMachine) machine = machine_with (two);
  NetworkName kept = {.nic = g_ptr_array_index (machine->nics, 0), .name = "eth1", .kept = TRUE};
  NetworkName lan = {.nic = g_ptr_array_index (machine->nics, 1), .name = "lan0"};
  g_autoptr (GPtrArray) given = g_ptr_array_new ();
  /* a rule calls the first card eth1: the other one cannot be it */
  g_ptr_array_add (given, &kept);
  g_autoptr (GPtrArray) plan = network_plan (machine, given, "iface eth0\niface eth1\n", TRUE);
  assert_int_equal (plan->len, 2);
  const NetworkName *first = g_ptr_array_index (plan, 0), *second = g_ptr_array_index (plan, 1);
  assert_true (first->kept);
  assert_string_equal (first->name, "eth1");
  assert_string_equal (second->nic->mac, "m2");
  assert_string_equal (second->name, "eth0");
  assert_true (second->deduced);
  /* a name that no configuration uses is kept too; the first file counts */
  g_ptr_array_add (given, &lan);
  g_autoptr (GPtrArray) both = network_plan (machine, given, "", TRUE);
  assert_int_equal (both->len, 2);
  second = g_ptr_array_index (both, 1);
  assert_string_equal (second->name, "lan0");
  assert_false (second->kept || second->deduced || second->by_order);
}

static void
check_link (const P2vMachine *machine, const char *text, LinkFit fit, guint nic)
{
  g_autoptr (LinkFile) link = link_file_parse (text);
  guint found = 99;
  LinkFit result = link_file_find (link, machine, &found);
  if (result != fit || ((fit == LINK_HOLDS || fit == LINK_CERTAIN) && found != nic))
    fail_msg ("%s: %d, card %u", text, (int)result, found);
}

static void
test_links (void **state G_GNUC_UNUSED)
{
  static const char *const two[] = {"52:54:00:aa:bb:01 eno1 eth0", "52:54:00:aa:bb:02 enp3s0 eth1",
                                    NULL};
  g_autoptr (P2vMachine) machine = machine_with (two);
  P2vNic *first = g_ptr_array_index (machine->nics, 0),
         *second = g_ptr_array_index (machine->nics, 1);
  first->driver = g_strdup ("igb");
  second->driver = g_strdup ("e1000e");
  check_link (machine, "[Match]\nMACAddress=52:54:00:AA:BB:02\n[Link]\nName=lan\n", LINK_HOLDS, 1);
  check_link (machine, "[Match]\nMACAddress=52-54-00-aa-bb-01\nPath=*\n[Link]\nName=lan\n",
              LINK_HOLDS, 0);
  check_link (machine, "[Match]\nMACAddress=52:54:00:aa:bb:09\n[Link]\nName=lan\n", LINK_NONE, 0);
  check_link (machine,
              "[Match]\nMACAddress=52:54:00:aa:bb:02\nPath=pci-0000:03:00.0\n[Link]\n"
              "Name=lan\n",
              LINK_CERTAIN, 1);
  check_link (machine, "[Match]\nDriver=e1000*\n[Link]\nName = lan\n", LINK_CERTAIN, 1);
  check_link (machine, "[Match]\nOriginalName=eth0\n[Link]\nName=lan\n", LINK_CERTAIN, 0);
  check_link (machine, "[Match]\nPath=pci-0000:03:00.0\n[Link]\nName=lan\n", LINK_UNCLEAR, 0);
  check_link (machine, "[Match]\nDriver=tg3\n[Link]\nName=lan\n", LINK_NONE, 0);
  check_link (machine, "[Match]\nOriginalName=*\n[Link]\nName=lan\n", LINK_NONE, 0);
  check_link (machine, "[Match]\nDriver=igb\n[Link]\nMTUBytes=9000\n", LINK_NONE, 0);
  check_link (machine, "[Match]\n#Driver=igb\n[Link]\nName=x\n", LINK_NONE, 0);
  check_link (machine, "", LINK_NONE, 0);
}

static void
check_rule (const char *rules, const char *mac, const char *wanted, gboolean wanted_holds)
{
  gboolean holds = FALSE;
  g_autofree char *name = network_rule_name (rules, mac, &holds);
  if (g_strcmp0 (name, wanted) || holds != wanted_holds)
    fail_msg ("%s: %s", rules, name);
}

static void
test_rules (void **state G_GNUC_UNUSED)
{
  static const char good[] =
      "SUBSYSTEM==\"net\", DRIVERS==\"?*\", ATTR{address}==\"52:54:00:AA:bb:cc\", "
      "KERNEL==\"eth*\", NAME=\"eth1\"\n";
  static const char bus[] = "SUBSYSTEM==\"net\", KERNELS==\"0000:00:19.0\", "
                            "ATTR{address}==\"52:54:00:aa:bb:cc\", NAME=\"eth1\"\n";
  check_rule (good, "52:54:00:aa:bb:cc", "eth1", TRUE);
  check_rule (good, "52:54:00:aa:bb:cd", NULL, FALSE);
  check_rule (bus, "52:54:00:aa:bb:cc", "eth1", FALSE);
  check_rule ("", "52:54:00:aa:bb:cc", NULL, FALSE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_plan),
      cmocka_unit_test (test_given),
      cmocka_unit_test (test_links),
      cmocka_unit_test (test_rules),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
