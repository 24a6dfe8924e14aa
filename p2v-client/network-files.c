/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NetworkArgs as systemd.network(5), systemd.netdev(5) and systemd.link(5). */
#include "network-args.h"
#include "common/error.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

gboolean
network_file_write (const char *path, const char *text, GError **error)
{
  g_autoptr (GError) cause = NULL;
  /* The client's umask lets nobody else read what it makes; networkd is an ordinary user. */
  if (g_file_set_contents (path, text, -1, &cause) && g_chmod (path, 0644) == 0)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_IO, NULL, "%s", cause ? cause->message : g_strerror (errno));
  return FALSE;
}

static gboolean
write_file (const char *dir, const char *name, const char *suffix, const char *text, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/50-%s.%s", dir, name, suffix);
  return network_file_write (path, text, error);
}

static void
append_link_section (GString *out, const NetworkLink *link, guint mtu)
{
  g_string_append (out, "\n[Link]\n");
  if (mtu > 0)
    g_string_append_printf (out, "MTUBytes=%u\n", mtu);
  if (link->set_mac)
    g_string_append_printf (out, "MACAddress=%s\n", link->set_mac);
}

static void
append_network_section (GString *out, const NetworkLink *link)
{
  g_string_append (out, "\n[Network]\n");
  if (link->bond)
    g_string_append_printf (out, "Bond=%s\n%s", link->bond,
                            link->primary ? "PrimarySlave=yes\n" : "");
  for (guint i = 0; i < link->vlans->len; i++)
    g_string_append_printf (out, "VLAN=%s\n", (char *)g_ptr_array_index (link->vlans, i));
  if (link->quiet) {
    g_string_append (out, "LinkLocalAddressing=no\nIPv6AcceptRA=no\n");
    return;
  }
  g_string_append_printf (out, "DHCP=%s\nLinkLocalAddressing=ipv6\n",
                          link->dhcp ? link->dhcp : "no");
  for (guint i = 0; i < link->dns->len; i++)
    g_string_append_printf (out, "DNS=%s\n", (char *)g_ptr_array_index (link->dns, i));
}

static void
append_addresses (GString *out, const NetworkLink *link)
{
  g_auto (GStrv) addresses = g_strsplit (link->address ? link->address : "", " ", -1);
  for (guint i = 0; addresses[i]; i++) {
    g_string_append_printf (out, "\n[Address]\nAddress=%s\n", addresses[i]);
    if (link->peer)
      g_string_append_printf (out, "Peer=%s\n", link->peer);
  }
  for (guint i = 0; i < link->gateways->len; i++) {
    g_auto (GStrv) gateway = g_strsplit (g_ptr_array_index (link->gateways, i), " ", 2);
    /* before what DHCP or a router announces (1024) */
    g_string_append_printf (out, "\n[Route]\nGateway=%s\nMetric=100\n%s", gateway[0],
                            gateway[1] ? "GatewayOnLink=yes\n" : "");
  }
  for (guint i = 0; i < link->routes->len; i++) {
    g_auto (GStrv) route = g_strsplit (g_ptr_array_index (link->routes, i), " ", 2);
    g_string_append_printf (out, "\n[Route]\nDestination=%s\n", route[0]);
    if (*route[1])
      g_string_append_printf (out, "Gateway=%s\n", route[1]);
  }
}

static void
append_dhcp (GString *out, const NetworkArgs *args, const NetworkLink *link)
{
  const char *servers = args->peer_dns ? "" : "UseDNS=no\n";
  /* The conversion server must see the same address after a restart of the client. */
  g_string_append_printf (out, "\n[DHCPv4]\nClientIdentifier=mac\n%s\n[DHCPv6]\n%s%s", servers,
                          link->solicit ? "WithoutRA=solicit\n" : "", servers);
  if (!args->peer_dns)
    g_string_append_printf (out, "\n[IPv6AcceptRA]\n%s", servers);
}

/* What is below a VLAN takes frames as long as those of the VLAN, and what was said of a
 * bond holds. */
static guint
mtu_of (const NetworkArgs *args, const NetworkLink *link)
{
  guint mtu = link->mtu;
  for (guint i = 0; i < args->links->len; i++) {
    const NetworkLink *other = g_ptr_array_index (args->links, i);
    if (other->name &&
        g_ptr_array_find_with_equal_func (link->vlans, other->name, g_str_equal, NULL))
      mtu = MAX (mtu, other->mtu);
  }
  for (guint i = 0; i < args->devices->len; i++) {
    const NetworkDevice *device = g_ptr_array_index (args->devices, i);
    if (g_strcmp0 (device->name, link->name) == 0)
      mtu = MAX (mtu, device->mtu);
  }
  return mtu;
}

static gboolean
write_link (const NetworkArgs *args, const NetworkLink *link, const char *dir, GError **error)
{
  g_autoptr (GString) out = g_string_new ("[Match]\n");
  if (link->mac)
    g_string_append_printf (out, "PermanentMACAddress=%s\n", link->mac);
  else if (link->name)
    g_string_append_printf (out, "Name=%s\n", link->name);
  if (!link->name)
    g_string_append (out, "Type=ether\nKind=!*\n");
  append_link_section (out, link, mtu_of (args, link));
  append_network_section (out, link);
  append_addresses (out, link);
  append_dhcp (out, args, link);
  g_autofree char *of_mac = g_strdelimit (g_strdup (link->mac ? link->mac : ""), ":", '-');
  /* Every card comes after those that were named. */
  const char *name = link->name ? link->name : link->mac ? of_mac : "~every";
  return write_file (dir, name, "network", out->str, error);
}

/* A bond has the address of its first card, as the network knows it; networkd and udev
 * would both make up one, another at every start. */
static gboolean
write_bond (const NetworkDevice *device, const char *dir, GError **error)
{
  g_autofree char *text =
      g_strdup_printf ("[NetDev]\nName=%s\nKind=bond\nMACAddress=none\n\n[Bond]\n%s", device->name,
                       device->options->str);
  g_autofree char *link =
      g_strdup_printf ("[Match]\nOriginalName=%s\n\n[Link]\nMACAddressPolicy=none\n", device->name);
  return write_file (dir, device->name, "netdev", text, error) &&
         write_file (dir, device->name, "link", link, error);
}

static gboolean
write_device (const NetworkDevice *device, const char *dir, GError **error)
{
  if (device->bond)
    return write_bond (device, dir, error);
  g_autofree char *text =
      g_strdup_printf ("[NetDev]\nName=%s\nKind=vlan\n\n[VLAN]\nId=%u\n", device->name, device->id);
  return write_file (dir, device->name, "netdev", text, error);
}

static gboolean
write_name (const char *name_and_mac, const char *dir, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (name_and_mac, " ", 2);
  g_autofree char *text =
      g_strdup_printf ("[Match]\nPermanentMACAddress=%s\n\n[Link]\nName=%s\n", parts[1], parts[0]);
  return write_file (dir, parts[0], "link", text, error);
}

gboolean
network_args_write (const NetworkArgs *args, const char *dir, GError **error)
{
  gboolean ok = TRUE;
  (void)g_mkdir_with_parents (dir, 0755);
  for (guint i = 0; ok && i < args->links->len; i++)
    ok = write_link (args, g_ptr_array_index (args->links, i), dir, error);
  for (guint i = 0; ok && i < args->devices->len; i++)
    ok = write_device (g_ptr_array_index (args->devices, i), dir, error);
  for (guint i = 0; ok && i < args->names->len; i++)
    ok = write_name (g_ptr_array_index (args->names, i), dir, error);
  return ok;
}
