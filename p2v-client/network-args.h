/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image's network by kernel arguments, in the words of dracut.cmdline(7): what they say
 * (network-args.c), and as files for systemd-networkd (network-files.c).
 *
 * systemd-network-generator, which is made for that, knows no option of bond=, and with one
 * argument that it does not understand, nameserver=[2001:db8::53] for instance, it writes no
 * file at all. */
#pragma once
#include <glib.h>

/* What gets addresses: a card, a bond, a VLAN. */
typedef struct {
  char *name;       /* NULL: every card that nothing else was said about */
  char *mac;        /* instead of a name, where the firmware says which card */
  const char *dhcp; /* "ipv4", "ipv6", "yes", "no": networkd's DHCP= */
  gboolean solicit; /* DHCPv6 without waiting for a router that announces it */
  gboolean quiet;   /* no address at all */
  char *address;    /* "192.0.2.9/24", may be NULL as all below */
  char *peer;
  char *set_mac;       /* the address that it is to have */
  guint mtu;           /* bytes, 0: not said */
  char *bond;          /* whose part it is */
  gboolean primary;    /* of that bond */
  GPtrArray *dns;      /* char * */
  GPtrArray *gateways; /* char *: "192.0.2.1", "198.51.100.1 onlink" outside its network */
  GPtrArray *routes;   /* char *: "DESTINATION GATEWAY", the latter may be empty */
  GPtrArray *vlans;    /* char *: names of those above it */
} NetworkLink;

typedef struct {
  char *name;
  gboolean bond;    /* else a VLAN */
  guint id;         /* of the VLAN */
  GString *options; /* lines of the bond's section in systemd.netdev(5) */
  guint mtu;
} NetworkDevice;

typedef struct {
  gboolean given;     /* something was said; else every card asks by DHCP */
  gboolean peer_dns;  /* name servers from DHCP are taken */
  GPtrArray *links;   /* NetworkLink * */
  GPtrArray *devices; /* NetworkDevice * */
  GPtrArray *names;   /* char *: "NAME MAC" of ifname= */
} NetworkArgs;

/* ip= (all forms, several), vlan=, bond= with the bonding module's options, nameserver=,
 * rd.route=, rd.peerdns=, ifname=, BOOTIF=.  P2V_ERROR_SETTINGS with the argument
 * and what is wrong with it. */
NetworkArgs *network_args_parse (const char *cmdline, GError **error);
void network_args_free (NetworkArgs *args);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetworkArgs, network_args_free)

/* The card that the firmware started an iSCSI disk with, as it says (FIRMWARE is
 * /sys/firmware/ibft, Documentation/ABI/testing/sysfs-ibft): added where the arguments say
 * nothing, or ip=ibft. */
void network_args_add_firmware (NetworkArgs *args, const char *firmware);

/* Parts of parsing that have files of their own. */
NetworkLink *network_args_link (NetworkArgs *args, const char *name);
/* A name that the kernel takes for an interface, which is also one for a file. */
gboolean network_args_is_card (const char *name);
gboolean network_args_refuse (GError **error, const char *argument, const char *value,
                              const char *why);
char **network_args_split (const char *value, char separator);
gboolean network_args_read_ip (NetworkArgs *args, const char *value, const char *boot_mac,
                               GError **error);
gboolean network_args_read_bond (NetworkArgs *args, const char *value, GError **error);
NetworkDevice *network_args_device (NetworkArgs *args, const char *name);

/* Writes networkd's files into DIR (they sort behind those of a person, "10-…", and before
 * 90-dhcp.network).  P2V_ERROR_IO. */
gboolean network_args_write (const NetworkArgs *args, const char *dir, GError **error);

/* One file of networkd's, which it can read whatever the umask is.  P2V_ERROR_IO. */
gboolean network_file_write (const char *path, const char *text, GError **error);
