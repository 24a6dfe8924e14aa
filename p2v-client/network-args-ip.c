/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip= in its forms, and bond= with its options. */
#include "network-args.h"
#include <gio/gio.h>
#include <string.h>
#include "network.h"

typedef struct {
  const char *word, *dhcp;
  gboolean solicit, quiet;
} Method;

static const Method methods[] = {
    {"dhcp", "ipv4", FALSE, FALSE},     {"on", "ipv4", FALSE, FALSE},
    {"any", "ipv4", FALSE, FALSE},      {"dhcp6", "ipv6", TRUE, FALSE},
    {"auto6", "no", FALSE, FALSE},      {"either6", "ipv6", FALSE, FALSE},
    {"both", "yes", FALSE, FALSE},      {"link6", "no", FALSE, FALSE},
    {"none", "no", FALSE, TRUE},        {"off", "no", FALSE, TRUE},
    {"static", "no", FALSE, TRUE},      {"ibft", "ipv4", FALSE, FALSE},
    {"link-local", "no", FALSE, FALSE},
};

static const Method *
find_method (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (word && g_str_equal (methods[i].word, word))
      return &methods[i];
  return NULL;
}

static void
set_method (NetworkLink *link, const Method *method)
{
  link->dhcp = method->dhcp;
  link->solicit = method->solicit;
  link->quiet = method->quiet && !link->address;
}

/* Bits of "255.255.255.0", "24", or, when nothing is said, of the class (kernel,
 * Documentation/admin-guide/nfs/nfsroot.rst); -1: neither. */
static int
read_bits (GInetAddress *address, const char *mask)
{
  gsize size = g_inet_address_get_native_size (address);
  const guint8 *bytes = g_inet_address_to_bytes (address);
  guint64 bits;
  if (!*mask)
    return size == 16 ? 64 : bytes[0] < 128 ? 8 : bytes[0] < 192 ? 16 : 24;
  if (g_ascii_string_to_unsigned (mask, 10, 1, 8 * size, &bits, NULL))
    return (int)bits;
  g_autoptr (GInetAddress) dotted = g_inet_address_new_from_string (mask);
  if (!dotted || g_inet_address_get_native_size (dotted) != 4 || size != 4)
    return -1;
  const guint8 *part = g_inet_address_to_bytes (dotted);
  guint32 value = (guint32)part[0] << 24 | (guint32)part[1] << 16 | (guint32)part[2] << 8 | part[3];
  guint32 inverse = ~value;
  if (value == 0 || (inverse & (inverse + 1)) != 0)
    return -1;
  int count = 0;
  for (; value; value <<= 1)
    count++;
  return count;
}

static gboolean
read_gateway (NetworkLink *link, GInetAddress *address, guint bits, const char *text)
{
  g_autoptr (GInetAddress) gateway = g_inet_address_new_from_string (text);
  if (!gateway ||
      g_inet_address_get_native_size (gateway) != g_inet_address_get_native_size (address))
    return FALSE;
  const guint8 *left = g_inet_address_to_bytes (address);
  const guint8 *right = g_inet_address_to_bytes (gateway);
  gboolean outside = FALSE;
  for (guint i = 0; i < bits; i++)
    outside |= (left[i / 8] ^ right[i / 8]) & 0x80 >> i % 8;
  outside = outside && !g_inet_address_get_is_link_local (gateway);
  /* one of IPv4 and one of IPv6 */
  g_ptr_array_add (link->gateways, g_strdup_printf ("%s%s", text, outside ? " onlink" : ""));
  return TRUE;
}

/* FIELDS from AT on: [MTU][:MAC], or two name servers. */
static gboolean
read_rest (NetworkLink *link, char **fields, guint at, guint n)
{
  guint64 mtu;
  if (at >= n)
    return TRUE;
  if (network_is_address (fields[at]) || (!*fields[at] && n == at + 2)) {
    for (; at < n; at++) {
      if (!*fields[at])
        continue;
      if (!network_is_address (fields[at]))
        return FALSE;
      g_ptr_array_add (link->dns, g_strdup (fields[at]));
    }
    return TRUE;
  }
  if (*fields[at]) {
    if (!g_ascii_string_to_unsigned (fields[at], 10, 68, 65535, &mtu, NULL))
      return FALSE;
    link->mtu = (guint)mtu;
  }
  if (n == at + 1)
    return TRUE;
  if (n != at + 7)
    return FALSE;
  g_free (link->set_mac);
  link->set_mac = g_strjoinv (":", fields + at + 1);
  return strlen (link->set_mac) == 17;
}

/* CLIENT:[PEER]:GATEWAY:MASK:HOST:CARD:METHOD[…] */
static gboolean
read_long (NetworkArgs *args, const char *value, char **fields, guint n, GError **error)
{
  static const char form[] = "is not CLIENT:[PEER]:GATEWAY:MASK:HOST:CARD:METHOD";
  const Method *method = find_method (n > 6 && *fields[6] ? fields[6] : "none");
  if (n < 4 || !method || (n > 5 && *fields[5] && !network_args_is_card (fields[5])))
    return network_args_refuse (error, "ip", value, form);
  NetworkLink *link = network_args_link (args, n > 5 && *fields[5] ? fields[5] : NULL);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (fields[0]);
  if (!address && *fields[0])
    return network_args_refuse (error, "ip", value, "does not begin with an address");
  if (address) {
    int bits = read_bits (address, fields[3]);
    if (bits < 0)
      return network_args_refuse (error, "ip", value, "has no netmask after the gateway");
    /* "ip=" for IPv4 and once more for IPv6: networkd takes several addresses */
    g_autofree char *one = g_strdup_printf ("%s/%d", fields[0], bits);
    char *all = link->address ? g_strdup_printf ("%s %s", link->address, one) : g_strdup (one);
    g_free (link->address);
    link->address = all;
    if (*fields[2] && !read_gateway (link, address, (guint)bits, fields[2]))
      return network_args_refuse (error, "ip", value, "has a gateway that is no such address");
  }
  if (*fields[1]) {
    g_free (link->peer);
    link->peer = g_strdup (fields[1]);
  }
  set_method (link, method);
  if (!read_rest (link, fields, 7, n))
    return network_args_refuse (error, "ip", value,
                                "ends with what is neither MTU and MAC nor two name servers");
  return TRUE;
}

gboolean
network_args_read_ip (NetworkArgs *args, const char *value, const char *boot_mac, GError **error)
{
  g_auto (GStrv) fields = network_args_split (value, ':');
  guint n = g_strv_length (fields);
  const Method *method = find_method (fields[0]);
  if (n == 1 && method && g_str_equal (method->word, "ibft"))
    return TRUE; /* network_args_add_firmware */
  if (n == 1 && method) {
    NetworkLink *link = network_args_link (args, NULL);
    set_method (link, method);
    if (boot_mac && !link->mac)
      link->mac = g_strdup (boot_mac);
    return TRUE;
  }
  method = n >= 2 ? find_method (fields[1]) : NULL;
  if (!method)
    return read_long (args, value, fields, n, error);
  if (!network_args_is_card (fields[0]))
    return network_args_refuse (error, "ip", value, "does not begin with the name of a card");
  NetworkLink *link = network_args_link (args, fields[0]);
  set_method (link, method);
  return read_rest (link, fields, 2, n) ||
         network_args_refuse (error, "ip", value, "ends with what is no MTU and MAC");
}

/* ---- bond= ---- */

typedef enum { PLAIN, MILLISECONDS, YES_NO, LIST, MODE, RATE } Form;

static const struct {
  const char *option, *key; /* the bonding module's (Documentation/networking/bonding.rst) and
                               systemd.netdev(5)'s */
  Form form;
} options[] = {
    {"mode", "Mode", MODE},
    {"miimon", "MIIMonitorSec", MILLISECONDS},
    {"updelay", "UpDelaySec", MILLISECONDS},
    {"downdelay", "DownDelaySec", MILLISECONDS},
    {"lacp_rate", "LACPTransmitRate", RATE},
    {"xmit_hash_policy", "TransmitHashPolicy", PLAIN},
    {"ad_select", "AdSelect", PLAIN},
    {"ad_actor_sys_prio", "AdActorSystemPriority", PLAIN},
    {"ad_user_port_key", "AdUserPortKey", PLAIN},
    {"ad_actor_system", "AdActorSystem", PLAIN},
    {"fail_over_mac", "FailOverMACPolicy", PLAIN},
    {"arp_interval", "ARPIntervalSec", MILLISECONDS},
    {"arp_ip_target", "ARPIPTargets", LIST},
    {"arp_validate", "ARPValidate", PLAIN},
    {"arp_all_targets", "ARPAllTargets", PLAIN},
    {"primary_reselect", "PrimaryReselectPolicy", PLAIN},
    {"resend_igmp", "ResendIGMP", PLAIN},
    {"packets_per_slave", "PacketsPerSlave", PLAIN},
    {"num_grat_arp", "GratuitousARP", PLAIN},
    {"num_unsol_na", "GratuitousARP", PLAIN},
    {"all_slaves_active", "AllSlavesActive", YES_NO},
    {"tlb_dynamic_lb", "DynamicTransmitLoadBalancing", YES_NO},
    {"min_links", "MinLinks", PLAIN},
    {"lp_interval", "LearnPacketIntervalSec", PLAIN},
    {"use_carrier", NULL, PLAIN}, /* the kernel has known no other way for long */
};

static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor", "broadcast",
                                    "802.3ad",    "balance-tlb",   "balance-alb", NULL};

/* By its number too. */
static const char *
read_mode (const char *value)
{
  for (guint i = 0; modes[i]; i++)
    if (g_str_equal (modes[i], value) ||
        (g_ascii_isdigit (*value) && !value[1] && (guint)(*value - '0') == i))
      return modes[i];
  return NULL;
}

static gboolean
read_option (NetworkDevice *device, const char *name, const char *value)
{
  guint which = 0;
  while (which < G_N_ELEMENTS (options) && !g_str_equal (options[which].option, name))
    which++;
  if (which == G_N_ELEMENTS (options) || !*value)
    return FALSE;
  g_autofree char *text = g_strdup (value);
  const char *unit = options[which].form == MILLISECONDS ? "ms" : "";
  if (options[which].form == MODE && !read_mode (value))
    return FALSE;
  if (options[which].form == MODE) {
    g_free (text);
    text = g_strdup (read_mode (value));
  } else if (options[which].form == YES_NO) {
    *text = *text == '0' ? 'n' : 'y';
    text[1] = '\0';
  } else if (options[which].form == RATE && g_ascii_isdigit (*text)) {
    const char *rate = *text == '0' ? "slow" : "fast";
    g_free (text);
    text = g_strdup (rate);
  } else if (options[which].form == LIST) {
    g_strdelimit (text, ";", ' ');
  }
  if (options[which].key)
    g_string_append_printf (device->options, "%s=%s%s\n", options[which].key, text, unit);
  return TRUE;
}

static gboolean
read_options (NetworkArgs *args, NetworkDevice *device, const char *value, const char *text,
              GError **error)
{
  g_auto (GStrv) list = g_strsplit (text, ",", -1);
  gboolean watched = FALSE, mode = FALSE;
  for (guint i = 0; list[i] && *list[i]; i++) {
    char *equals = strchr (list[i], '=');
    if (!equals)
      return network_args_refuse (error, "bond", value, "has an option without a value");
    *equals = '\0';
    const char *option = list[i], *given = equals + 1;
    if (g_str_equal (option, "primary")) {
      if (!network_args_is_card (given))
        return network_args_refuse (error, "bond", value, "has a primary card without a name");
      network_args_link (args, given)->primary = TRUE;
      continue;
    }
    if (!read_option (device, option, given)) {
      g_autofree char *why =
          g_strdup_printf ("has the option %s=%s, which bonds do not know", option, given);
      return network_args_refuse (error, "bond", value, why);
    }
    watched |= g_str_equal (option, "miimon") || g_str_equal (option, "arp_interval");
    mode |= g_str_equal (option, "mode");
  }
  if (!mode)
    (void)read_option (device, "mode", "balance-rr");
  /* Without either no card ever counts as failed. */
  if (!watched)
    (void)read_option (device, "miimon", "100");
  return TRUE;
}

/* NAME[:CARD,CARD…[:OPTIONS[:MTU]]] */
gboolean
network_args_read_bond (NetworkArgs *args, const char *value, GError **error)
{
  g_auto (GStrv) fields = network_args_split (value, ':');
  guint n = g_strv_length (fields);
  guint64 mtu = 0;
  if (n > 4 || (*fields[0] && !network_args_is_card (fields[0])) ||
      (n == 4 && *fields[3] && !g_ascii_string_to_unsigned (fields[3], 10, 68, 65535, &mtu, NULL)))
    return network_args_refuse (error, "bond", value, "is not NAME:CARD,CARD[:OPTIONS[:MTU]]");
  NetworkDevice *device = network_args_device (args, *fields[0] ? fields[0] : "bond0");
  device->bond = TRUE;
  device->mtu = (guint)mtu;
  g_auto (GStrv) cards = g_strsplit (n > 1 && *fields[1] ? fields[1] : "eth0,eth1", ",", -1);
  (void)network_args_link (args, device->name);
  for (guint i = 0; cards[i]; i++) {
    if (!network_args_is_card (cards[i]))
      return network_args_refuse (error, "bond", value, "has a card without a name");
    NetworkLink *card = network_args_link (args, cards[i]);
    g_free (card->bond);
    card->bond = g_strdup (device->name);
  }
  return read_options (args, device, value, n > 2 ? fields[2] : "", error);
}
