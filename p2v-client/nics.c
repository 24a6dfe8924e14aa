/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network cards: real ones, with all the names an old system may know them by. */
#include "inventory.h"
#include "common/error.h"
#include "sysfs.h"
#include "udev.h"
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NET "/sys/class/net/%s/"

typedef struct {
  P2vNic *nic;
  gint64 index; /* the kernel's, in the order in which the drivers found the cards */
} Card;

/* NULL when the driver does not know it. */
static char *
read_permanent_address (const char *name)
{
  union {
    struct ethtool_perm_addr header;
    guint8 bytes[sizeof (struct ethtool_perm_addr) + 32];
  } answer = {.header = {.cmd = ETHTOOL_GPERMADDR, .size = 6}};
  struct ifreq request = {.ifr_data = (char *)&answer};
  g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return NULL;
  int rc = ioctl (fd, SIOCETHTOOL, &request);
  close (fd);
  static const guint8 none[6];
  const guint8 *mac = answer.bytes + sizeof answer.header;
  if (rc != 0 || answer.header.size != 6 || memcmp (mac, none, 6) == 0)
    return NULL;
  return g_strdup_printf ("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                          mac[5]);
}

char *
nic_mac (const char *name)
{
  char *mac = read_permanent_address (name);
  g_autofree char *now = mac ? NULL : sysfs_read (NET "address", name);
  return mac || !now ? mac : g_ascii_strdown (now, -1);
}

static void
add_name (GPtrArray *names, const char *name)
{
  if (name && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

static void
add_alt_names (P2vNic *nic, UdevDevice *device)
{
  static const char *const properties[] = {"ID_NET_NAME_FROM_DATABASE", "ID_NET_NAME_ONBOARD",
                                           "ID_NET_NAME_SLOT", "ID_NET_NAME_PATH",
                                           "ID_NET_NAME_MAC"};
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    add_name (nic->alt_names, udev_device_get_property_value (device, properties[i]));
  /* biosdevname (Red Hat, SUSE before systemd) called eno1 em1. */
  const char *onboard = udev_device_get_property_value (device, "ID_NET_NAME_ONBOARD");
  if (onboard && g_str_has_prefix (onboard, "eno")) {
    g_autofree char *old = g_strdup_printf ("em%s", onboard + strlen ("eno"));
    add_name (nic->alt_names, old);
  }
}

/* NULL unless NAME is a wired card of the machine's own: it hangs on a bus and
 * speaks Ethernet.  A wireless card cannot be bridged to a guest. */
static P2vNic *
describe (const char *name, UdevDevice *device)
{
  g_autofree char *hardware = sysfs_link_name (NET "device", name);
  g_autofree char *wireless = sysfs_link_name (NET "phy80211", name);
  g_autofree char *mac = nic_mac (name);
  if (!hardware || wireless || !mac || sysfs_read_int (-1, NET "type", name) != ARPHRD_ETHER)
    return NULL;
  P2vNic *nic = p2v_nic_new ();
  nic->name = g_strdup (name);
  nic->mac = g_steal_pointer (&mac);
  nic->driver = sysfs_link_name (NET "device/driver", name);
  nic->carrier = sysfs_read_int (0, NET "carrier", name) == 1;
  add_alt_names (nic, device);
  return nic;
}

static gint
compare_index (gconstpointer a, gconstpointer b)
{
  const Card *left = a, *right = b;
  return (left->index > right->index) - (left->index < right->index);
}

static void
list_cards (GPtrArray *nics)
{
  g_autoptr (Udev) udev = udev_new ();
  g_autoptr (UdevEnumerate) list = udev_enumerate_new (udev);
  g_autoptr (GArray) cards = g_array_new (FALSE, FALSE, sizeof (Card));
  udev_enumerate_add_match_subsystem (list, "net");
  udev_enumerate_scan_devices (list);
  UdevEntry *entry;
  udev_list_entry_foreach (entry, udev_enumerate_get_list_entry (list))
  {
    g_autoptr (UdevDevice) device =
        udev_device_new_from_syspath (udev, udev_list_entry_get_name (entry));
    const char *name = device ? udev_device_get_sysname (device) : NULL;
    Card card = {name ? describe (name, device) : NULL, sysfs_read_int (0, NET "ifindex", name)};
    if (card.nic)
      g_array_append_val (cards, card);
  }
  g_array_sort (cards, compare_index);
  for (guint i = 0; i < cards->len; i++) {
    P2vNic *nic = g_array_index (cards, Card, i).nic;
    g_autofree char *old = g_strdup_printf ("eth%u", i);
    add_name (nic->alt_names, old);
    g_ptr_array_add (nics, nic);
  }
}

/* By its name now; failing that, by any other. */
static P2vNic *
find_card (GPtrArray *nics, const char *name)
{
  for (guint i = 0; i < nics->len; i++) {
    P2vNic *nic = g_ptr_array_index (nics, i);
    if (g_str_equal (nic->name, name))
      return nic;
  }
  for (guint i = 0; i < nics->len; i++) {
    P2vNic *nic = g_ptr_array_index (nics, i);
    if (g_ptr_array_find_with_equal_func (nic->alt_names, name, g_str_equal, NULL))
      return nic;
  }
  return NULL;
}

static P2vNic *
need_card (GPtrArray *nics, const char *argument, const char *name, GError **error)
{
  P2vNic *nic = find_card (nics, name);
  if (nic)
    return nic;
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < nics->len; i++) {
    const P2vNic *other = g_ptr_array_index (nics, i);
    g_string_append_printf (names, "%s%s (%s)", i ? ", " : "", other->name, other->mac);
  }
  g_autofree char *remedy = g_strdup_printf ("Correct it; the cards of this machine are: %s.",
                                             names->len ? names->str : "none");
  p2v_set_error (error, P2V_ERROR_SETTINGS, remedy, "The network card %s of %s= does not exist.",
                 name, argument);
  return NULL;
}

/* "em1:inside,em2:bridge:br0,outside"; checked by check_network. */
static gboolean
map_networks (GPtrArray *nics, const Settings *settings, GError **error)
{
  g_auto (GStrv) words = settings_get_list (settings, SETTING_network);
  const char *rest = "default";
  for (guint i = 0; words[i]; i++) {
    char *colon = g_str_has_prefix (words[i], "bridge:") ? NULL : strchr (words[i], ':');
    if (!colon) {
      rest = words[i];
      continue;
    }
    *colon = '\0';
    P2vNic *nic = need_card (nics, "p2v.network", words[i], error);
    if (!nic)
      return FALSE;
    g_free (nic->network);
    nic->network = g_strdup (colon + 1);
  }
  for (guint i = 0; i < nics->len; i++) {
    P2vNic *nic = g_ptr_array_index (nics, i);
    if (!nic->network)
      nic->network = g_strdup (rest);
  }
  return TRUE;
}

/* Takes away what p2v.interfaces does not name, and brings the rest into its order. */
static gboolean
choose_cards (GPtrArray *nics, const Settings *settings, GError **error)
{
  g_auto (GStrv) wanted = settings_get_list (settings, SETTING_interfaces);
  if (!wanted)
    return TRUE;
  guint place = 0;
  for (guint i = 0; wanted[i]; i++) {
    P2vNic *nic = need_card (nics, "p2v.interfaces", wanted[i], error);
    guint at;
    if (!nic)
      return FALSE;
    (void)g_ptr_array_find (nics, nic, &at);
    if (at < place)
      continue; /* the same card under another name */
    nics->pdata[at] = nics->pdata[place];
    nics->pdata[place++] = nic;
  }
  g_ptr_array_set_size (nics, (gint)place);
  return TRUE;
}

gboolean
nics_fill (P2vMachine *machine, const Settings *settings, GError **error)
{
  list_cards (machine->nics);
  return map_networks (machine->nics, settings, error) &&
         choose_cards (machine->nics, settings, error);
}
