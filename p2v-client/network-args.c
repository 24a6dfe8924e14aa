/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network-args.h"
#include "common/error.h"
#include "network.h"
#include "settings-table.h"
#include "sysfs.h"
#include <gio/gio.h>
#include <string.h>

static void
link_free (gpointer data)
{
  NetworkLink *link = data;
  g_free (link->name);
  g_free (link->mac);
  g_free (link->address);
  g_free (link->peer);
  g_free (link->set_mac);
  g_free (link->bond);
  g_ptr_array_unref (link->dns);
  g_ptr_array_unref (link->gateways);
  g_ptr_array_unref (link->routes);
  g_ptr_array_unref (link->vlans);
  g_free (link);
}

static void
device_free (gpointer data)
{
  NetworkDevice *device = data;
  g_free (device->name);
  g_string_free (device->options, TRUE);
  g_free (device);
}

void
network_args_free (NetworkArgs *args)
{
  if (!args)
    return;
  g_ptr_array_unref (args->links);
  g_ptr_array_unref (args->devices);
  g_ptr_array_unref (args->names);
  g_free (args);
}

gboolean
network_args_refuse (GError **error, const char *argument, const char *value, const char *why)
{
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 "Correct it, for example ip=192.0.2.9::192.0.2.1:255.255.255.0::enp3s0:none "
                 "nameserver=192.0.2.1; until then every card asks by DHCP.",
                 "The kernel argument %s=%s %s.", argument, value ? value : "", why);
  return FALSE;
}

NetworkLink *
network_args_link (NetworkArgs *args, const char *name)
{
  for (guint i = 0; i < args->links->len; i++) {
    NetworkLink *link = g_ptr_array_index (args->links, i);
    if (!link->mac && g_strcmp0 (link->name, name) == 0)
      return link;
  }
  NetworkLink *link = g_new0 (NetworkLink, 1);
  link->name = g_strdup (name);
  link->dns = g_ptr_array_new_with_free_func (g_free);
  link->gateways = g_ptr_array_new_with_free_func (g_free);
  link->routes = g_ptr_array_new_with_free_func (g_free);
  link->vlans = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (args->links, link);
  return link;
}

NetworkDevice *
network_args_device (NetworkArgs *args, const char *name)
{
  NetworkDevice *device = g_new0 (NetworkDevice, 1);
  device->name = g_strdup (name);
  device->options = g_string_new (NULL);
  g_ptr_array_add (args->devices, device);
  return device;
}

/* Fields between separators; one in [brackets] may hold separators. */
char **
network_args_split (const char *value, char separator)
{
  GPtrArray *fields = g_ptr_array_new ();
  const char *begin = value;
  for (const char *p = value;; p++) {
    const char *close = *p == '[' ? strchr (p, ']') : NULL;
    if (close)
      p = close;
    if (*p && *p != separator)
      continue;
    gboolean whole = *begin == '[' && p - begin >= 2 && p[-1] == ']';
    g_ptr_array_add (fields, whole ? g_strndup (begin + 1, (gsize)(p - begin - 2))
                                   : g_strndup (begin, (gsize)(p - begin)));
    begin = p + 1;
    if (!*p)
      break;
  }
  g_ptr_array_add (fields, NULL);
  return (char **)g_ptr_array_free (fields, FALSE);
}

gboolean
network_args_is_card (const char *name)
{
  return *name && strlen (name) < 16 && !strpbrk (name, "/ :%") && *name != '.';
}

/* "vlan0005", "vlan5", "eth0.0005", "eth0.5" */
static gboolean
read_vlan_id (const char *name, guint *id)
{
  const char *digits = name + strlen (name);
  while (digits > name && g_ascii_isdigit (digits[-1]))
    digits--;
  guint64 value = g_ascii_strtoull (digits, NULL, 10);
  gboolean good = *digits && value >= 1 && value <= 4094 && digits > name &&
                  (digits[-1] == '.' || g_str_has_prefix (name, "vlan"));
  *id = (guint)value;
  return good;
}

static gboolean
read_vlan (NetworkArgs *args, const char *value, GError **error)
{
  g_auto (GStrv) fields = network_args_split (value, ':');
  guint id;
  if (g_strv_length (fields) != 2 || !network_args_is_card (fields[0]) ||
      !network_args_is_card (fields[1]))
    return network_args_refuse (error, "vlan", value, "is not NAME:CARD");
  if (!read_vlan_id (fields[0], &id))
    return network_args_refuse (error, "vlan", value,
                                "has no number from 1 to 4094 in its name, as in eth0.5 or vlan5");
  network_args_device (args, fields[0])->id = id;
  g_ptr_array_add (network_args_link (args, fields[1])->vlans, g_strdup (fields[0]));
  (void)network_args_link (args, fields[0]);
  return TRUE;
}

/* "NET/BITS:GATEWAY[:CARD]", with IPv6 in brackets. */
static gboolean
read_route (NetworkArgs *args, const char *value, GError **error)
{
  g_auto (GStrv) fields = network_args_split (value, ':');
  guint n = g_strv_length (fields);
  g_autoptr (GInetAddressMask) net =
      n >= 2 ? g_inet_address_mask_new_from_string (fields[0], NULL) : NULL;
  if (!net || n > 3 || (*fields[1] && !network_is_address (fields[1])) ||
      (n == 3 && !network_args_is_card (fields[2])))
    return network_args_refuse (error, "rd.route", value, "is not NET/BITS:GATEWAY[:CARD]");
  NetworkLink *link = n == 3                 ? network_args_link (args, fields[2])
                      : args->links->len > 0 ? g_ptr_array_index (args->links, 0)
                                             : network_args_link (args, NULL);
  g_ptr_array_add (link->routes, g_strdup_printf ("%s %s", fields[0], fields[1]));
  return TRUE;
}

static gboolean
read_ifname (NetworkArgs *args, const char *value, GError **error)
{
  const char *colon = strchr (value, ':');
  g_autofree char *name = colon ? g_strndup (value, (gsize)(colon - value)) : NULL;
  if (!name || !network_args_is_card (name) || strlen (colon + 1) != 17)
    return network_args_refuse (error, "ifname", value, "is not NAME:MAC");
  g_ptr_array_add (args->names, g_strdup_printf ("%s %s", name, colon + 1));
  return TRUE;
}

/* Of every pass only what the next ones need: devices before what sits on them, addresses
 * before routes. */
typedef struct {
  const char *name;
  guint pass;
} Argument;

static gboolean
read_word (NetworkArgs *args, guint pass, const char *name, const char *value, const char *boot_mac,
           GPtrArray *dns, GError **error)
{
  static const Argument arguments[] = {{"bond", 0},      {"vlan", 0},     {"ifname", 0},
                                       {"ip", 1},        {"rd.route", 2}, {"nameserver", 2},
                                       {"rd.peerdns", 2}};
  guint which = 0;
  while (which < G_N_ELEMENTS (arguments) && !g_str_equal (arguments[which].name, name))
    which++;
  if (which == G_N_ELEMENTS (arguments) || arguments[which].pass != pass)
    return TRUE;
  for (const char *p = value; *p; p++)
    if (g_ascii_iscntrl (*p))
      return network_args_refuse (error, name, value, "has a character that is none of a text");
  switch (which) {
  case 0:
    return network_args_read_bond (args, value, error);
  case 1:
    return read_vlan (args, value, error);
  case 2:
    return read_ifname (args, value, error);
  case 3:
    return network_args_read_ip (args, value, boot_mac, error);
  case 4:
    return read_route (args, value, error);
  case 5: {
    g_auto (GStrv) fields = network_args_split (value, ' ');
    if (!network_is_address (fields[0]))
      return network_args_refuse (error, name, value, "is not the address of a name server");
    g_ptr_array_add (dns, g_strdup (fields[0]));
    return TRUE;
  }
  default:
    args->peer_dns = setting_is_yes (value);
    return TRUE;
  }
}

/* Devices whose addresses nobody mentions ask by DHCP, as cards do; name servers go to
 * whatever has an address. */
static void
finish (NetworkArgs *args, gboolean addresses, GPtrArray *dns)
{
  for (guint i = 0; i < args->links->len; i++) {
    NetworkLink *link = g_ptr_array_index (args->links, i);
    gboolean below = link->bond || link->vlans->len > 0;
    if (!link->dhcp && !below && !addresses)
      link->dhcp = "yes";
    link->quiet |= !link->dhcp && !link->address;
    for (guint j = 0; j < dns->len && !link->quiet; j++)
      g_ptr_array_add (link->dns, g_strdup (g_ptr_array_index (dns, j)));
  }
  args->given = args->links->len > 0;
  if (args->given || dns->len == 0)
    return;
  NetworkLink *every = network_args_link (args, NULL);
  every->dhcp = "yes";
  for (guint j = 0; j < dns->len; j++)
    g_ptr_array_add (every->dns, g_strdup (g_ptr_array_index (dns, j)));
  args->given = TRUE;
}

NetworkArgs *
network_args_parse (const char *cmdline, GError **error)
{
  g_autoptr (NetworkArgs) args = g_new0 (NetworkArgs, 1);
  args->links = g_ptr_array_new_with_free_func (link_free);
  args->devices = g_ptr_array_new_with_free_func (device_free);
  args->names = g_ptr_array_new_with_free_func (g_free);
  args->peer_dns = TRUE;
  g_autoptr (GPtrArray) dns = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *boot_mac = NULL;
  char **words = setting_words (cmdline, NULL);
  gboolean ok = TRUE, addresses = FALSE;
  for (guint i = 0; words[i]; i++) {
    /* pxelinux's IPAPPEND 2: "01-" (Ethernet) and the address with dashes */
    if (g_str_has_prefix (words[i], "BOOTIF=01-") && strlen (words[i]) == 27 && !boot_mac)
      boot_mac = g_strdelimit (g_strdup (words[i] + strlen ("BOOTIF=01-")), "-", ':');
    addresses |= g_str_has_prefix (words[i], "ip=");
  }
  for (guint pass = 0; ok && pass < 3; pass++) {
    for (guint i = 0; ok && words[i]; i++) {
      const char *equals = strchr (words[i], '=');
      g_autofree char *name =
          equals ? g_strndup (words[i], (gsize)(equals - words[i])) : g_strdup (words[i]);
      ok = read_word (args, pass, name, equals ? equals + 1 : "", boot_mac, dns, error);
    }
  }
  setting_words_free (words);
  if (!ok)
    return NULL;
  finish (args, addresses, dns);
  return g_steal_pointer (&args);
}

/* ---- the firmware's ---- */

static void
add_firmware_card (NetworkArgs *args, const char *dir)
{
  g_autofree char *mac = sysfs_read ("%s/mac", dir);
  g_autofree char *address = sysfs_read ("%s/ip-addr", dir);
  g_autofree char *mask = sysfs_read ("%s/subnet-mask", dir);
  if (!mac)
    return;
  /* 3: from DHCP (Documentation/ABI/testing/sysfs-ibft, values of Windows' IpOrigin) */
  gboolean dhcp = sysfs_read_int (0, "%s/origin", dir) == 3 || !address || !mask;
  NetworkLink *link = network_args_link (args, mac);
  link->mac = g_steal_pointer (&mac);
  g_clear_pointer (&link->name, g_free);
  link->dhcp = dhcp ? "ipv4" : "no";
  gint64 vlan = sysfs_read_int (0, "%s/vlan", dir);
  NetworkLink *top = link;
  if (vlan > 0) {
    g_autofree char *name = g_strdup_printf ("ibft.%u", (guint)vlan);
    network_args_device (args, name)->id = (guint)vlan;
    g_ptr_array_add (link->vlans, g_strdup (name));
    top = network_args_link (args, name);
    top->dhcp = link->dhcp;
    link->dhcp = NULL;
    link->quiet = TRUE;
  }
  args->given = TRUE;
  if (dhcp)
    return;
  g_autofree char *fake = g_strdup_printf ("%s:::%s::ibft:none", address, mask);
  g_autoptr (NetworkArgs) scratch = network_args_parse ("", NULL);
  if (!network_args_read_ip (scratch, fake, NULL, NULL))
    return;
  top->address = g_strdup (network_args_link (scratch, "ibft")->address);
  g_autofree char *gateway = sysfs_read ("%s/gateway", dir);
  if (gateway && !g_str_equal (gateway, "0.0.0.0"))
    g_ptr_array_add (top->gateways, g_steal_pointer (&gateway));
  static const char *const servers[] = {"primary-dns", "secondary-dns"};
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++) {
    char *server = sysfs_read ("%s/%s", dir, servers[i]);
    if (server && !g_str_equal (server, "0.0.0.0"))
      g_ptr_array_add (top->dns, server);
    else
      g_free (server);
  }
}

void
network_args_add_firmware (NetworkArgs *args, const char *firmware)
{
  for (guint i = 0; i < 8; i++) {
    g_autofree char *dir = g_strdup_printf ("%s/ethernet%u", firmware, i);
    if (g_file_test (dir, G_FILE_TEST_IS_DIR))
      add_firmware_card (args, dir);
  }
}
