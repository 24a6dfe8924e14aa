/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network.h"
#include <glib/gstdio.h>
#include <string.h>
#include "common/error.h"
#include "common/process.h"
#include "common/text.h"
#include "network-args.h"
#include "words.h"

#define NETWORK_DIR "/run/systemd/network"
/* Before iso/dracut/90p2v's 90-dhcp.network and what ip= makes. */
#define CARD_FILE   "10-p2v.network"
#define VLAN_FILE   "10-p2v-vlan.network"
#define VLAN_DEVICE "10-p2v-vlan.netdev"
#define BOND_FILE   "10-p2v-bond.network"
#define BOND_DEVICE "10-p2v-bond.netdev"
#define BOND        "bond0"
#define WAIT_S      30
#define WAIT_V4_S   10

/* systemd.netdev(5), [Bond] Mode=. */
const char *const network_bond_modes[] = {"active-backup", "802.3ad",     "balance-alb",
                                          "balance-tlb",   "balance-xor", "balance-rr",
                                          "broadcast",     NULL};

void
network_plan_free (NetworkPlan *plan)
{
  if (!plan)
    return;
  g_free (plan->card);
  g_free (plan->address);
  g_free (plan->gateway);
  g_free (plan->dns);
  g_strfreev (plan->members);
  g_free (plan->mode);
  g_free (plan);
}

/* ---- is it right? ---- */

/* “VALUE” WHY. */
static gboolean
refuse (GError **error, const char *value, const char *why)
{
  g_autofree char *shown = p2v_text_brief (value);
  p2v_set_error (error, P2V_ERROR_SETTINGS, NULL, _ ("“%s” %s."), shown, why);
  return FALSE;
}

gboolean
network_is_address (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  return address != NULL;
}

static gboolean
is_address_with_prefix (const char *text)
{
  const char *slash = strchr (text, '/');
  g_autofree char *host = slash ? g_strndup (text, (gsize)(slash - text)) : NULL;
  g_autoptr (GInetAddress) address = host ? g_inet_address_new_from_string (host) : NULL;
  guint64 bits;
  return address &&
         g_ascii_string_to_unsigned (slash + 1, 10, 1, 8 * g_inet_address_get_native_size (address),
                                     &bits, NULL);
}

gboolean
network_check (const NetworkPlan *plan, GError **error)
{
  if (plan->members && g_strv_length (plan->members) < 2) {
    p2v_set_error (error, P2V_ERROR_SETTINGS, NULL, "%s",
                   _ ("Choose at least two cards that work together."));
    return FALSE;
  }
  if (plan->dhcp)
    return TRUE;
  if (!is_address_with_prefix (plan->address))
    return refuse (error, plan->address,
                   _ ("is not an address with its network, such as 192.0.2.9/24"));
  if (*plan->gateway && !network_is_address (plan->gateway))
    return refuse (error, plan->gateway, _ ("is not the address of a router"));
  g_auto (GStrv) servers = g_strsplit (plan->dns, " ", -1);
  for (guint i = 0; servers[i]; i++)
    if (*servers[i] && !network_is_address (servers[i]))
      return refuse (error, servers[i], _ ("is not the address of a name server"));
  return TRUE;
}

/* ---- putting it in force ---- */

static char *
ip_section (const NetworkPlan *plan)
{
  if (plan->dhcp)
    return g_strdup ("DHCP=yes\nLinkLocalAddressing=ipv6\n\n[DHCPv4]\nClientIdentifier=mac\n");
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) servers = g_strsplit (plan->dns, " ", -1);
  g_string_append_printf (out, "Address=%s\n", plan->address);
  if (*plan->gateway)
    g_string_append_printf (out, "Gateway=%s\n", plan->gateway);
  for (guint i = 0; servers[i]; i++)
    if (*servers[i])
      g_string_append_printf (out, "DNS=%s\n", servers[i]);
  return g_strdup (out->str);
}

static gboolean
write_file (const char *dir, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  return network_file_write (path, text, error);
}

/* What the address belongs to: the card or the bond. */
static const char *
base_of (const NetworkPlan *plan)
{
  return plan->members ? BOND : plan->card;
}

static gboolean
write_bond (const NetworkPlan *plan, const char *dir, GError **error)
{
  g_autofree char *cards = g_strjoinv (" ", plan->members);
  g_autofree char *device = g_strdup_printf (
      "[NetDev]\nName=" BOND "\nKind=bond\n\n[Bond]\nMode=%s\nMIIMonitorSec=100ms\n", plan->mode);
  g_autofree char *below = g_strdup_printf (
      "[Match]\nName=%s\n\n[Network]\nBond=" BOND "\nLinkLocalAddressing=no\n", cards);
  return write_file (dir, BOND_DEVICE, device, error) && write_file (dir, BOND_FILE, below, error);
}

gboolean
network_write (const NetworkPlan *plan, const char *dir, GError **error)
{
  static const char *const files[] = {CARD_FILE, VLAN_FILE, VLAN_DEVICE, BOND_FILE, BOND_DEVICE};
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (dir, files[i], NULL);
    (void)g_unlink (path);
  }
  (void)g_mkdir_with_parents (dir, 0755);
  const char *base = base_of (plan);
  g_autofree char *ip = ip_section (plan);
  g_autofree char *vlan = g_strdup_printf ("%s.%u", base, plan->vlan);
  g_autofree char *plain = g_strdup_printf ("[Match]\nName=%s\n\n[Network]\n%s", base, ip);
  if (plan->members && !write_bond (plan, dir, error))
    return FALSE;
  if (plan->vlan == 0)
    return write_file (dir, CARD_FILE, plain, error);
  g_autofree char *below = g_strdup_printf (
      "[Match]\nName=%s\n\n[Network]\nVLAN=%s\nLinkLocalAddressing=no\n", base, vlan);
  g_autofree char *device =
      g_strdup_printf ("[NetDev]\nName=%s\nKind=vlan\n\n[VLAN]\nId=%u\n", vlan, plan->vlan);
  g_autofree char *above = g_strdup_printf ("[Match]\nName=%s\n\n[Network]\n%s", vlan, ip);
  return write_file (dir, VLAN_DEVICE, device, error) &&
         write_file (dir, CARD_FILE, below, error) && write_file (dir, VLAN_FILE, above, error);
}

/* networkd leaves a device alone that it has once made, and its address would be taken for
 * the new one. */
static void
remove_devices (const char *dir)
{
  static const char *const files[] = {VLAN_DEVICE, BOND_DEVICE};
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (dir, files[i], NULL);
    g_autoptr (GKeyFile) file = g_key_file_new ();
    (void)g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
    g_autofree char *name = g_key_file_get_string (file, "NetDev", "Name", NULL);
    const char *const argv[] = {"ip", "link", "delete", "dev", name, NULL};
    if (name)
      (void)p2v_process_run (argv, NULL, NULL, NULL);
  }
}

/* networkctl would need a message bus, which the image does not have. */
static gboolean
restart_networkd (GError **error)
{
  static const char *const argv[] = {"systemctl", "restart", "systemd-networkd.service", NULL};
  if (p2v_process_run (argv, NULL, NULL, NULL))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_CONNECT, _ ("Set it in a shell (Alt-F2)."), "%s",
                 _ ("The network of this system cannot be set by the wizard."));
  return FALSE;
}

/* By DHCP one of IPv4 is what counts for the first WAIT_V4_S: one of IPv6 is there at once
 * where a router tells its prefix. */
static gboolean
has_address (const NetworkPlan *plan, guint waited_s)
{
  g_autofree char *addresses = network_addresses (base_of (plan));
  return plan->dhcp && waited_s < WAIT_V4_S ? strchr (addresses, '.') != NULL : *addresses != '\0';
}

gboolean
network_apply (const NetworkPlan *plan, GCancellable *cancel, GError **error)
{
  if (!network_check (plan, error))
    return FALSE;
  remove_devices (NETWORK_DIR);
  if (!network_write (plan, NETWORK_DIR, error) || !restart_networkd (error))
    return FALSE;
  for (guint i = 0; i < WAIT_S * 5; i++) {
    g_usleep (G_USEC_PER_SEC / 5);
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
      return FALSE;
    }
    /* The old one may still be there for a moment. */
    if (i > 5 && has_address (plan, i / 5))
      return TRUE;
  }
  g_autofree char *problem = g_strdup_printf (_ ("%s got no address."), base_of (plan));
  p2v_set_error (error, P2V_ERROR_CONNECT,
                 _ ("Check the cable and the number of the VLAN, or give it a fixed address."),
                 "%s", problem);
  return FALSE;
}
