/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On the virtual machine the cards sit on other PCI places and would get
 * other names; the configuration knows the old ones.  Each card's old name is
 * tied to its MAC address, which the virtual card keeps. */
#include <string.h>
#include "convert.h"
#include "link-file.h"
#include "network-plan.h"

#define RULES "/etc/udev/rules.d/70-persistent-net.rules"
#define LINKS "/etc/systemd/network/"
#define OURS  "10-p2v-"

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
  g_autofree char *path = g_strdup_printf (
      c->systemd ? LINKS OURS "%s.link" : "/etc/udev/rules.d/70-p2v-%s.rules", name->name);
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

static void
add_given (GPtrArray *given, const P2vNic *nic, const char *name, gboolean kept)
{
  NetworkName *entry = g_new0 (NetworkName, 1);
  entry->nic = nic;
  entry->name = g_strdup (name);
  entry->kept = kept;
  g_ptr_array_add (given, entry);
}

/* Names that udev's rules give, by MAC address. */
static gboolean
read_rules (Convert *c, GPtrArray *given, GError **error)
{
  g_autofree char *rules = convert_read (c, RULES, error);
  if (!rules)
    return FALSE;
  for (guint i = 0; i < c->job->machine->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (c->job->machine->nics, i);
    gboolean holds;
    g_autofree char *name = network_rule_name (rules, nic->mac, &holds);
    if (name)
      add_given (given, nic, name, holds);
  }
  return TRUE;
}

/* Names that systemd's .link files give. */
static gboolean
read_links (Convert *c, GPtrArray *given, GError **error)
{
  g_auto (GStrv) files = convert_glob (c, LINKS "*.link");
  for (guint i = 0; files[i]; i++) {
    if (g_str_has_prefix (files[i], LINKS OURS))
      continue;
    g_autofree char *text = convert_read (c, files[i], error);
    if (!text)
      return FALSE;
    g_autoptr (LinkFile) link = link_file_parse (text);
    const P2vMachine *machine = c->job->machine;
    guint nic;
    LinkFit fit = link_file_find (link, machine, &nic);
    switch (fit) {
    case LINK_NONE:
      break;
    case LINK_HOLDS:
    case LINK_CERTAIN:
      add_given (given, g_ptr_array_index (machine->nics, nic), link->name, fit == LINK_HOLDS);
      break;
    case LINK_UNCLEAR:
      report_warning (c->job->report,
                      "%s names a network card %s by its bus place, driver or old name; which of "
                      "the cards that is, is not certain, and the virtual card will not match.  "
                      "Give its MAC address in the file.",
                      files[i], link->name);
    }
  }
  return TRUE;
}

/* Names that rest on the order in which the ISO's drivers found the cards. */
static void
warn_of_order (Convert *c, const GPtrArray *plan)
{
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < plan->len; i++) {
    const NetworkName *name = g_ptr_array_index (plan, i);
    if (name->by_order)
      g_string_append_printf (names, "%s%s is %s", names->len ? ", " : "", name->name,
                              name->nic->mac);
  }
  if (names->len)
    report_warning (c->job->report,
                    "Which network card has which name was taken from the order in which the ISO "
                    "found them; the installed system may have found them in another: %s.  Compare "
                    "with the old machine.",
                    names->str);
}

gboolean
step_network_names (Convert *c, GError **error)
{
  if (!c->job->machine->nics->len)
    return TRUE;
  g_autoptr (GPtrArray) given = g_ptr_array_new_with_free_func ((GDestroyNotify)network_name_free);
  g_autofree char *configuration = read_configuration (c, error);
  if (!configuration || !read_rules (c, given, error) || !read_links (c, given, error))
    return FALSE;
  g_autofree char *grub = convert_read (c, "/etc/default/grub", error);
  if (!grub)
    return FALSE;
  g_autoptr (GPtrArray) plan =
      network_plan (c->job->machine, given, configuration, strstr (grub, "net.ifnames=0") != NULL);
  for (guint i = 0; i < plan->len; i++) {
    const NetworkName *name = g_ptr_array_index (plan, i);
    if (name->kept)
      convert_note (c, "%s is kept by the guest's own rules", name->name);
    else if (!pin (c, name, error))
      return FALSE;
  }
  warn_of_order (c, plan);
  if (!plan->len)
    convert_note (c, "the configuration names no network card");
  return TRUE;
}
