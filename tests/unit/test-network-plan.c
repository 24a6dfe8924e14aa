/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include "network.h"

static void
assert_file (const char *dir, const char *name, const char *wanted)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *text = NULL;
  gboolean there = g_file_get_contents (path, &text, NULL, NULL);
  assert_int_equal (there, wanted != NULL);
  if (!wanted)
    return;
  assert_non_null (strstr (text, wanted));
  struct stat about;
  assert_int_equal (stat (path, &about), 0);
  assert_int_equal (about.st_mode & 07777, 0644);
}

static void
remove_files (const char *dir)
{
  static const char *const names[] = {"10-p2v.network", "10-p2v-vlan.network", "10-p2v-vlan.netdev",
                                      "10-p2v-bond.network", "10-p2v-bond.netdev"};
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (dir, names[i], NULL);
    (void)g_unlink (path);
  }
  assert_int_equal (g_rmdir (dir), 0);
}

static void
test_written (void **state G_GNUC_UNUSED)
{
  mode_t before = umask (0077); /* that of the client on the image */
  g_autofree char *dir = g_dir_make_tmp ("p2v-network-XXXXXX", NULL);
  NetworkPlan plan = {"eth0", FALSE, "192.0.2.9/24", "192.0.2.1", "192.0.2.2 2001:db8::2", 42,
                      NULL,   NULL};
  assert_true (network_write (&plan, dir, NULL));
  assert_file (dir, "10-p2v.network", "Name=eth0\n\n[Network]\nVLAN=eth0.42");
  assert_file (dir, "10-p2v-vlan.netdev", "Id=42");
  assert_file (dir, "10-p2v-vlan.network",
               "Address=192.0.2.9/24\nGateway=192.0.2.1\nDNS=192.0.2.2\n"
               "DNS=2001:db8::2\n");
  plan = (NetworkPlan){"eth1", TRUE, "", "", "", 0, NULL, NULL};
  assert_true (network_write (&plan, dir, NULL));
  assert_file (dir, "10-p2v.network", "Name=eth1\n\n[Network]\nDHCP=yes");
  assert_file (dir, "10-p2v-vlan.netdev", NULL);
  assert_file (dir, "10-p2v-vlan.network", NULL);
  remove_files (dir);
  umask (before);
}

static void
test_bond (void **state G_GNUC_UNUSED)
{
  g_autofree char *dir = g_dir_make_tmp ("p2v-network-XXXXXX", NULL);
  char *members[] = {"eth0", "eth1", NULL};
  for (guint i = 0; network_bond_modes[i]; i++) {
    NetworkPlan plan = {"", TRUE, "", "", "", 0, members, (char *)network_bond_modes[i]};
    g_autofree char *mode = g_strdup_printf ("Kind=bond\n\n[Bond]\nMode=%s\n", plan.mode);
    assert_true (network_check (&plan, NULL));
    assert_true (network_write (&plan, dir, NULL));
    assert_file (dir, "10-p2v-bond.netdev", mode);
  }
  assert_file (dir, "10-p2v-bond.network", "Name=eth0 eth1\n\n[Network]\nBond=bond0\n");
  assert_file (dir, "10-p2v.network", "Name=bond0\n\n[Network]\nDHCP=yes");
  NetworkPlan plan = {"", TRUE, "", "", "", 7, members, "802.3ad"};
  assert_true (network_write (&plan, dir, NULL));
  assert_file (dir, "10-p2v.network", "Name=bond0\n\n[Network]\nVLAN=bond0.7\n");
  assert_file (dir, "10-p2v-vlan.network", "Name=bond0.7\n\n[Network]\nDHCP=yes");
  plan.members[1] = NULL;
  assert_false (network_check (&plan, NULL));
  plan = (NetworkPlan){"eth1", TRUE, "", "", "", 0, NULL, NULL};
  assert_true (network_write (&plan, dir, NULL));
  assert_file (dir, "10-p2v-bond.netdev", NULL);
  assert_file (dir, "10-p2v-bond.network", NULL);
  remove_files (dir);
}

static void
test_checked (void **state G_GNUC_UNUSED)
{
  static const struct {
    NetworkPlan plan;
    gboolean good;
  } cases[] = {
      {{"eth0", TRUE, "", "", "", 0, NULL, NULL}, TRUE},
      {{"eth0", FALSE, "192.0.2.9/24", "", "", 0, NULL, NULL}, TRUE},
      {{"eth0", FALSE, "2001:db8::9/64", "fe80::1", "2001:db8::1", 1, NULL, NULL}, TRUE},
      {{"eth0", FALSE, "192.0.2.9", "", "", 0, NULL, NULL}, FALSE},
      {{"eth0", FALSE, "192.0.2.9/33", "", "", 0, NULL, NULL}, FALSE},
      {{"eth0", FALSE, "192.0.2.9/24\nDHCP=yes", "", "", 0, NULL, NULL}, FALSE},
      {{"eth0", FALSE, "192.0.2.9/24", "router", "", 0, NULL, NULL}, FALSE},
      {{"eth0", FALSE, "192.0.2.9/24", "", "192.0.2.1,192.0.2.2", 0, NULL, NULL}, FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_int_equal (network_check (&cases[i].plan, NULL), cases[i].good);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test (test_written), cmocka_unit_test (test_bond),
                                     cmocka_unit_test (test_checked)};
  return cmocka_run_group_tests (tests, NULL, NULL);
}
