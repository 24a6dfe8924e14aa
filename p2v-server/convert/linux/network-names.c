/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On the virtual machine the cards sit on other PCI places and would get
 * other names; the configuration knows the old ones.  Each card's old name is
 * tied to its MAC address, which the virtual card keeps. */
#include <string.h>
#include "convert.h"
#include "network-plan.h"

#define RULES "/etc/udev/rules.d/70-persistent-net.rules"

/* Where names of network cards are used: first what configures them, then
 * what only works with the right name. */
static const char *const places[] = {
    "/etc/network/interfaces",
    "/etc/network/interfaces.d/*",
    "/etc/netplan/*.yaml",
    "/etc/systemd/network/*.net*",
    "/etc/NetworkManager/system-connections/*",
    "/etc/nftables.conf",
    "/etc/iptables/rules.*",
    "/etc/shorewall/interfaces",
    "/etc/default/isc-dhcp-server",
    "/etc/dnsmasq.conf",
    "/etc/dnsmasq.d/*",
    "/etc/sysctl.conf",
    "/etc/sysctl.d/*",
};

static char *
read_configuration (Convert *c, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_auto (GStrv) files = convert_glob (c, places[i]);
    for (guint j = 0; files[j]; j++) {
      g_autofree char *text = convert_read (c, files[j], error);
      if (!text)
        return NULL;
      g_string_append_printf (all, "%s\n", text);
      if (strstr (files[j], "/systemd/network/") && strstr (files[j], ".network") &&
          (strstr (text, "\nPath=") || strstr (text, "\nDriver=")))
        report_warning (c->job->report,
                        "%s chooses its network card by bus place or driver; it may not match the "
                        "virtual card.",
                        files[j]);
    }
  }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* systemd reads .link files; "Path=*" leaves out bridges, bonds and VLANs,
 * which have the MAC of the card below them but no place on a bus. */
static char *
link_text (const NetworkName *name)
{
  return g_strdup_printf (
      "# Written by p2v: keeps the name that this card had on the physical machine.\n"
      "[Match]\nMACAddress=%s\nPath=*\n\n[Link]\nName=%s\n",
      name->nic->mac, name->name);
}

static char *
rule_text (const NetworkName *name)
{
  return g_strdup_printf (
      "# Written by p2v: keeps the name that this card had on the physical machine.\n"
      "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", "
      "ATTR{address}==\"%s\", ATTR{type}==\"1\", NAME=\"%s\"\n",
      name->nic->mac, name->name);
}

static gboolean
pin (Convert *c, const NetworkName *name, GError **error)
{
  g_autofree char *path = g_strdup_printf (c->systemd ? "/etc/systemd/network/10-p2v-%s.link"
                                                      : "/etc/udev/rules.d/70-p2v-%s.rules",
                                           name->name);
  g_autofree char *text = c->systemd ? link_text (name) : rule_text (name);
  gboolean made;
  if (!convert_place (c, path, text, 0644, &made, error))
    return FALSE;
  if (!made)
    return TRUE;
  g_autofree char *what =
      g_strdup_printf ("The network card with address %s keeps its name %s%s.", name->nic->mac,
                       name->name, name->deduced ? " (the only card and name left)" : "");
  convert_changed (c, path, what,
                   "The guest's configuration uses the name; on virtual hardware it would change.");
  c->initrd_stale = TRUE; /* the initrd has a copy: names are given there already */
  return TRUE;
}

gboolean
step_network_names (Convert *c, GError **error)
{
  if (!c->job->machine->nics->len)
    return TRUE;
  g_autofree char *configuration = read_configuration (c, error);
  g_autofree char *rules = configuration ? convert_read (c, RULES, error) : NULL;
  g_autofree char *grub = rules ? convert_read (c, "/etc/default/grub", error) : NULL;
  if (!grub)
    return FALSE;
  g_autoptr (GPtrArray) plan =
      network_plan (c->job->machine, configuration, strstr (grub, "net.ifnames=0") != NULL);
  for (guint i = 0; i < plan->len; i++) {
    const NetworkName *name = g_ptr_array_index (plan, i);
    if (network_rule_holds (rules, name->nic->mac))
      convert_note (c, "%s is kept by %s", name->name, RULES);
    else if (!pin (c, name, error))
      return FALSE;
  }
  if (!plan->len)
    convert_note (c, "the configuration names no network card");
  return TRUE;
}
