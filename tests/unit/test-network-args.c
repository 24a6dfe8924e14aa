/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/error.h"
#include "common/process.h"
#include "network-args.h"
#include <string.h>

/* All files that CMDLINE (and the firmware's folder) makes, one after the other. */
static char *
make_files (const char *cmdline, const char *firmware)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NetworkArgs) args = network_args_parse (cmdline, &error);
  assert_null (error);
  if (firmware)
    network_args_add_firmware (args, firmware);
  g_autofree char *dir = g_dir_make_tmp ("p2v-network.XXXXXX", NULL);
  assert_true (network_args_write (args, dir, &error));
  const char *const show[] = {
      "sh", "-c", "cd \"$0\" && grep -rs . . | sed 's,^./,,' | sort -s -t : -k 1,1; rm -r \"$0\"",
      dir, NULL};
  char *text = NULL;
  assert_true (p2v_process_run (show, &text, NULL, &error));
  return text;
}

/* Every line of WANTED ("FILE:LINE") stands there. */
static void
expect (const char *cmdline, const char *const *wanted)
{
  g_autofree char *text = make_files (cmdline, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; wanted[i]; i++) {
    gboolean absent = *wanted[i] == '!';
    if (g_strv_contains ((const char *const *)lines, wanted[i] + absent) == absent) {
      print_error ("%s: %s is %s\n%s", cmdline, wanted[i] + absent, absent ? "there" : "missing",
                   text);
      fail ();
    }
  }
}

#define EXPECT(cmdline, ...) expect (cmdline, (const char *const[]){__VA_ARGS__, NULL})

static void
test_addresses (void **state)
{
  (void)state;
  EXPECT ("ip=192.0.2.9::192.0.2.1:255.255.255.0:web:enp3s0:none nameserver=192.0.2.1",
          "50-enp3s0.network:Name=enp3s0", "50-enp3s0.network:Address=192.0.2.9/24",
          "50-enp3s0.network:Gateway=192.0.2.1", "50-enp3s0.network:DNS=192.0.2.1",
          "50-enp3s0.network:DHCP=no", "!50-enp3s0.network:GatewayOnLink=yes");
  EXPECT ("ip=192.0.2.9::198.51.100.1:32::eth0:off:9000:52:54:00:12:34:56",
          "50-eth0.network:Address=192.0.2.9/32", "50-eth0.network:GatewayOnLink=yes",
          "50-eth0.network:MTUBytes=9000", "50-eth0.network:MACAddress=52:54:00:12:34:56");
  EXPECT ("ip=[2001:db8::9]::[2001:db8::1]:64::eth1:none nameserver=[2001:db8::53]",
          "50-eth1.network:Address=2001:db8::9/64", "50-eth1.network:Gateway=2001:db8::1",
          "50-eth1.network:DNS=2001:db8::53");
  EXPECT ("ip=192.0.2.9::192.0.2.1:24::eth0:none ip=[2001:db8::9]::[fe80::1]:64::eth0:none",
          "50-eth0.network:Address=192.0.2.9/24", "50-eth0.network:Address=2001:db8::9/64",
          "50-eth0.network:Gateway=192.0.2.1", "50-eth0.network:Gateway=fe80::1",
          "!50-eth0.network:GatewayOnLink=yes");
  EXPECT ("ip=10.1.2.3:::", "50-~every.network:Address=10.1.2.3/8", "50-~every.network:Type=ether");
  EXPECT ("ip=192.0.2.9::192.0.2.1:255.255.255.0:web:eth0:none:192.0.2.53:192.0.2.54",
          "50-eth0.network:DNS=192.0.2.53", "50-eth0.network:DNS=192.0.2.54");
}

static void
test_methods (void **state)
{
  (void)state;
  EXPECT ("ip=dhcp", "50-~every.network:DHCP=ipv4");
  EXPECT ("ip=eth0:dhcp6 ip=eth1:auto6 ip=eth2:dhcp:9000", "50-eth0.network:DHCP=ipv6",
          "50-eth0.network:WithoutRA=solicit", "50-eth1.network:DHCP=no",
          "!50-eth1.network:IPv6AcceptRA=no", "50-eth2.network:DHCP=ipv4",
          "50-eth2.network:MTUBytes=9000");
  EXPECT ("ip=:::::eth0:dhcp", "50-eth0.network:DHCP=ipv4");
  EXPECT ("ip=eth0:off", "50-eth0.network:LinkLocalAddressing=no");
  EXPECT ("ip=dhcp BOOTIF=01-52-54-00-12-34-56",
          "50-52-54-00-12-34-56.network:PermanentMACAddress=52:54:00:12:34:56");
  EXPECT ("nameserver=192.0.2.53 rd.peerdns=0", "50-~every.network:DHCP=yes",
          "50-~every.network:DNS=192.0.2.53", "50-~every.network:UseDNS=no");
  EXPECT (
      "ip=eth0:dhcp rd.route=10.0.0.0/8:192.0.2.254:eth0 rd.route=[2001:db8:3::/48]:[2001:db8::1]",
      "50-eth0.network:Destination=10.0.0.0/8", "50-eth0.network:Gateway=192.0.2.254");
  EXPECT ("ifname=lan:52:54:00:12:34:56 ip=lan:dhcp", "50-lan.link:Name=lan",
          "50-lan.link:PermanentMACAddress=52:54:00:12:34:56");
  g_autofree char *nothing = make_files ("quiet p2v.network=default", NULL);
  assert_string_equal (nothing, "");
}

static void
test_devices (void **state)
{
  (void)state;
  EXPECT ("vlan=eth0.0042:eth0 ip=eth0.0042:dhcp:1400", "50-eth0.0042.netdev:Id=42",
          "50-eth0.network:VLAN=eth0.0042", "50-eth0.network:LinkLocalAddressing=no",
          "50-eth0.network:MTUBytes=1400", "50-eth0.0042.network:DHCP=ipv4");
  EXPECT ("vlan=vlan5:eth0", "50-vlan5.netdev:Id=5", "50-vlan5.network:DHCP=yes");
  EXPECT (
      "bond=bond0:eth0,eth1:mode=802.3ad,miimon=50,lacp_rate=fast,xmit_hash_policy=layer3+4:9000 "
      "vlan=bond0.7:bond0 ip=bond0.7:dhcp",
      "50-bond0.netdev:Mode=802.3ad", "50-bond0.netdev:MIIMonitorSec=50ms",
      "50-bond0.netdev:LACPTransmitRate=fast", "50-bond0.netdev:TransmitHashPolicy=layer3+4",
      "50-bond0.network:MTUBytes=9000", "50-eth0.network:Bond=bond0", "50-eth1.network:Bond=bond0",
      "50-bond0.network:VLAN=bond0.7", "50-bond0.7.network:DHCP=ipv4");
  EXPECT ("bond=bond0:eth0,eth1:mode=active-backup,primary=eth1,arp_interval=1000,"
          "arp_ip_target=192.0.2.1;192.0.2.2",
          "50-eth1.network:PrimarySlave=yes", "!50-eth0.network:PrimarySlave=yes",
          "50-bond0.netdev:ARPIPTargets=192.0.2.1 192.0.2.2",
          "50-bond0.netdev:ARPIntervalSec=1000ms", "!50-bond0.netdev:MIIMonitorSec=100ms",
          "50-bond0.network:DHCP=yes", "50-bond0.netdev:MACAddress=none",
          "50-bond0.link:MACAddressPolicy=none");
  static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor", "broadcast",
                                      "802.3ad",    "balance-tlb",   "balance-alb"};
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree char *by_number = g_strdup_printf ("bond=b:x,y:mode=%u", i);
    g_autofree char *by_name = g_strdup_printf ("bond=b:x,y:mode=%s", modes[i]);
    g_autofree char *line = g_strdup_printf ("50-b.netdev:Mode=%s", modes[i]);
    EXPECT (by_number, line, "50-b.netdev:MIIMonitorSec=100ms");
    EXPECT (by_name, line);
  }
  EXPECT ("bond", "!50-bond0.netdev:Kind=vlan");
}

static void
test_refused (void **state)
{
  (void)state;
  static const char *const cases[] = {
      "ip=foo",
      "ip=192.0.2.9::192.0.2.1:255.0.255.0::eth0:none",
      "ip=192.0.2.9::2001:255.255.255.0::eth0:none",
      "ip=192.0.2.9::192.0.2.1:33::eth0:none",
      "ip=192.0.2.999::192.0.2.1:24::eth0:none",
      "ip=192.0.2.9::192.0.2.1:24::eth0:magic",
      "ip=eth0:dhcp:12",
      "ip=eth0:dhcp:1500:52:54",
      "ip=e/0:dhcp",
      "nameserver=dns.example",
      "vlan=eth0:eth0",
      "vlan=eth0.4095:eth0",
      "vlan=lan",
      "bond=b:eth0:mode=fast",
      "bond=b:eth0:color=red",
      "bond=b:eth0,,eth1",
      "rd.route=10.0.0.0",
      "rd.route=10.0.0.0/8:gate",
      "ifname=lan",
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    NetworkArgs *args = network_args_parse (cases[i], &error);
    if (args)
      print_error ("accepted: %s\n", cases[i]);
    assert_null (args);
    assert_true (g_error_matches (error, P2V_ERROR, P2V_ERROR_SETTINGS));
    assert_non_null (strstr (error->message, cases[i]));
  }
}

static void
test_firmware (void **state)
{
  (void)state;
  g_autofree char *dir = g_dir_make_tmp ("p2v-ibft.XXXXXX", NULL);
  const char *const make[] = {"sh", "-c",
                              "mkdir $0/ethernet0 && cd $0/ethernet0 && echo 52:54:00:12:34:56 "
                              ">mac && echo 192.0.2.9 >ip-addr && "
                              "echo 255.255.255.0 >subnet-mask && echo 192.0.2.1 >gateway && echo "
                              "192.0.2.53 >primary-dns && "
                              "echo 0.0.0.0 >secondary-dns && echo 0 >vlan && echo 1 >origin && cp "
                              "-r . ../ethernet1 && cd ../ethernet1 && "
                              "echo 52:54:00:12:34:57 >mac && echo 7 >vlan && echo 3 >origin",
                              dir, NULL};
  assert_true (p2v_process_run (make, NULL, NULL, NULL));
  g_autofree char *text = make_files ("quiet", dir);
  assert_non_null (strstr (text, "50-52-54-00-12-34-56.network:Address=192.0.2.9/24\n"));
  assert_non_null (strstr (text, "50-52-54-00-12-34-56.network:Gateway=192.0.2.1\n"));
  assert_non_null (strstr (text, "50-52-54-00-12-34-56.network:DNS=192.0.2.53\n"));
  assert_null (strstr (text, "DNS=0.0.0.0"));
  assert_non_null (strstr (text, "50-52-54-00-12-34-57.network:VLAN=ibft.7\n"));
  assert_non_null (strstr (text, "50-ibft.7.network:DHCP=ipv4\n"));
  const char *const clean[] = {"rm", "-r", dir, NULL};
  assert_true (p2v_process_run (clean, NULL, NULL, NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_addresses), cmocka_unit_test (test_methods),
      cmocka_unit_test (test_devices),   cmocka_unit_test (test_refused),
      cmocka_unit_test (test_firmware),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
