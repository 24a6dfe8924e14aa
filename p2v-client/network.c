/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include "common/error.h"
#include "common/process.h"
#include "inventory.h"
#include "sysfs.h"
#include "words.h"

static void
card_free (gpointer data)
{
  NetworkCard *card = data;
  g_free (card->name);
  g_free (card->mac);
  g_free (card->addresses);
  g_free (card);
}

/* A VLAN's address counts for the card below it, and a bond's for its cards. */
static gboolean
belongs_to (const char *interface, const char *card)
{
  gsize length = strlen (card);
  return g_str_has_prefix (interface, card) && (!interface[length] || interface[length] == '.');
}

char *
network_addresses (const char *card)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *bond = sysfs_link_name ("/sys/class/net/%s/master", card);
  struct ifaddrs *all = NULL;
  (void)getifaddrs (&all);
  for (struct ifaddrs *one = all; one; one = one->ifa_next) {
    char text[INET6_ADDRSTRLEN] = "";
    if (!one->ifa_addr ||
        !(belongs_to (one->ifa_name, card) || (bond && belongs_to (one->ifa_name, bond))))
      continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)one->ifa_addr;
      (void)inet_ntop (AF_INET, &v4->sin_addr, text, sizeof text);
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)one->ifa_addr;
      if (!IN6_IS_ADDR_LINKLOCAL (&v6->sin6_addr))
        (void)inet_ntop (AF_INET6, &v6->sin6_addr, text, sizeof text);
    }
    if (*text)
      g_string_append_printf (out, "%s%s", out->len ? ", " : "", text);
  }
  if (all)
    freeifaddrs (all);
  return g_strdup (out->str);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const NetworkCard *const *one = a, *const *two = b;
  return strverscmp ((*one)->name, (*two)->name);
}

GPtrArray *
network_read (void)
{
  GPtrArray *cards = g_ptr_array_new_with_free_func (card_free);
  struct if_nameindex *names = if_nameindex ();
  for (guint i = 0; names && names[i].if_name; i++) {
    const char *name = names[i].if_name;
    g_autofree char *hardware = sysfs_link_name ("/sys/class/net/%s/device", name);
    if (!hardware || sysfs_read_int (-1, "/sys/class/net/%s/type", name) != ARPHRD_ETHER)
      continue;
    NetworkCard *card = g_new0 (NetworkCard, 1);
    card->name = g_strdup (name);
    card->mac = nic_mac (name);
    card->carrier = sysfs_read_int (0, "/sys/class/net/%s/carrier", name) == 1;
    card->speed = sysfs_read_int (-1, "/sys/class/net/%s/speed", name);
    card->addresses = network_addresses (name);
    g_ptr_array_add (cards, card);
  }
  if (names)
    if_freenameindex (names);
  g_ptr_array_sort (cards, compare_names); /* the kernel's order is that of finding them */
  return cards;
}

gboolean
network_is_up (GPtrArray *cards)
{
  for (guint i = 0; i < cards->len; i++)
    if (*((const NetworkCard *)g_ptr_array_index (cards, i))->addresses)
      return TRUE;
  return FALSE;
}

gboolean
network_blink (const char *card, guint seconds, GCancellable *cancel, GError **error)
{
  g_autofree char *time = g_strdup_printf ("%u", seconds);
  const char *const argv[] = {"ethtool", "-p", card, time, NULL};
  g_autoptr (GError) cause = NULL;
  if (p2v_process_run (argv, NULL, cancel, &cause))
    return TRUE;
  if (g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  g_autofree char *problem = g_strdup_printf (_ ("%s has no light that can blink."), card);
  p2v_set_error (error, P2V_ERROR_CONNECT,
                 _ ("Pull the cable out and look here which card has lost it."), "%s", problem);
  return FALSE;
}
