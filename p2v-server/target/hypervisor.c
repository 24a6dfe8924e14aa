/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypervisor.h"
#include <string.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include "common/error.h"
#include "common/log.h"

struct Hypervisor {
  virConnectPtr connection;
  char *uri;
};

/* libvirt prints every error to stderr unless told otherwise. */
static void
quiet (void *data G_GNUC_UNUSED, virErrorPtr cause G_GNUC_UNUSED)
{
}

Hypervisor *
hypervisor_open (const char *uri, GError **error)
{
  /* The client chooses it, perhaps with a key that may convert and nothing else
   * (p2v-server restricted), and libvirt's URIs can do much: "qemu+ssh://host/…"
   * leads to other machines, "qemu+ext:///system?command=…" starts any program. */
  if (strcmp (uri, "qemu:///system") != 0 && strcmp (uri, "qemu:///session") != 0) {
    p2v_set_error (error, P2V_ERROR_TARGET, "Use p2v.oc=qemu:///system or p2v.oc=qemu:///session.",
                   "The hypervisor %s is none of the conversion server that p2v can use.", uri);
    return NULL;
  }
  virSetErrorFunc (NULL, quiet);
  virConnectPtr connection = virConnectOpen (uri);
  if (!connection) {
    p2v_set_error (error, P2V_ERROR_TARGET,
                   "Check p2v.oc= and that libvirt is installed and runs on the conversion server.",
                   "libvirt does not answer at %s: %s.", uri, virGetLastErrorMessage ());
    return NULL;
  }
  Hypervisor *hypervisor = g_new0 (Hypervisor, 1);
  hypervisor->connection = connection;
  hypervisor->uri = g_strdup (uri);
  return hypervisor;
}

void
hypervisor_free (Hypervisor *hypervisor)
{
  if (!hypervisor)
    return;
  virConnectClose (hypervisor->connection);
  g_free (hypervisor->uri);
  g_free (hypervisor);
}

/* The string value of an XPath expression in XML, "" when there is none
 * (caller frees). */
static char *
xml_value (const char *xml, const char *expression)
{
  xmlDoc *doc = xmlReadMemory (xml, (int)strlen (xml), NULL, NULL, XML_PARSE_NONET);
  xmlXPathContext *context = doc ? xmlXPathNewContext (doc) : NULL;
  xmlXPathObject *object = context ? xmlXPathEvalExpression (BAD_CAST expression, context) : NULL;
  xmlChar *text = object ? xmlXPathCastToString (object) : NULL;
  char *value = g_strdup (text ? (const char *)text : "");
  xmlFree (text);
  xmlXPathFreeObject (object);
  xmlXPathFreeContext (context);
  xmlFreeDoc (doc);
  return value;
}

static gboolean
xml_holds (const char *xml, const char *expression)
{
  g_autofree char *boolean = g_strdup_printf ("boolean(%s)", expression);
  g_autofree char *value = xml_value (xml, boolean);
  return g_str_equal (value, "true");
}

void
hypervisor_abilities (Hypervisor *hypervisor, HypervisorAbilities *abilities)
{
  *abilities = (HypervisorAbilities){.domain_type = "kvm"};
  char *xml =
      virConnectGetDomainCapabilities (hypervisor->connection, NULL, "x86_64", "q35", "kvm", 0);
  if (!xml) {
    abilities->domain_type = "qemu";
    xml =
        virConnectGetDomainCapabilities (hypervisor->connection, NULL, "x86_64", "q35", "qemu", 0);
  }
  if (!xml) {
    p2v_warning ("%s does not tell its abilities: %s.", hypervisor->uri, virGetLastErrorMessage ());
    return;
  }
  abilities->efi = xml_holds (xml, "/domainCapabilities/os/enum[@name='firmware']/value[.='efi']");
  abilities->tpm = xml_holds (xml, "/domainCapabilities/devices/tpm[@supported='yes']/"
                                   "enum[@name='backendModel']/value[.='emulator']");
  free (xml);
}

static gboolean
pool_unusable (const char *name, const char *what, const char *remedy, GError **error)
{
  p2v_set_error (error, P2V_ERROR_TARGET, remedy, "The storage pool \"%s\" %s.", name, what);
  return FALSE;
}

char *
hypervisor_pool_path (Hypervisor *hypervisor, const char *name, GError **error)
{
  virStoragePoolPtr pool = virStoragePoolLookupByName (hypervisor->connection, name);
  if (!pool) {
    g_autofree char *remedy = g_strdup_printf (
        "Name another with p2v.os=, a pool (virsh -c %s pool-list --all) or a directory.",
        hypervisor->uri);
    pool_unusable (name, "does not exist", remedy, error);
    return NULL;
  }
  char *xml = virStoragePoolGetXMLDesc (pool, 0);
  gboolean active = virStoragePoolIsActive (pool) == 1;
  virStoragePoolFree (pool);
  g_autofree char *type = xml_value (xml ? xml : "", "string(/pool/@type)");
  g_autofree char *path = xml_value (xml ? xml : "", "string(/pool/target/path)");
  free (xml);
  if (!g_str_equal (type, "dir") || *path != '/')
    pool_unusable (name, "is not of type dir",
                   "Name a pool of type dir or a directory with p2v.os=.", error);
  else if (!active) {
    g_autofree char *remedy =
        g_strdup_printf ("Start it: virsh -c %s pool-start %s", hypervisor->uri, name);
    pool_unusable (name, "is not active", remedy, error);
  } else
    return g_steal_pointer (&path);
  return NULL;
}

char **
hypervisor_pools (Hypervisor *hypervisor)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  virStoragePoolPtr *pools = NULL;
  int n = virConnectListAllStoragePools (hypervisor->connection, &pools,
                                         VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE |
                                             VIR_CONNECT_LIST_STORAGE_POOLS_DIR);
  for (int i = 0; i < n; i++) {
    g_strv_builder_add (names, virStoragePoolGetName (pools[i]));
    virStoragePoolFree (pools[i]);
  }
  free (pools);
  return g_strv_builder_end (names);
}

char **
hypervisor_networks (Hypervisor *hypervisor)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  virNetworkPtr *networks = NULL;
  int n = virConnectListAllNetworks (hypervisor->connection, &networks, 0);
  for (int i = 0; i < n; i++) {
    g_strv_builder_add (names, virNetworkGetName (networks[i]));
    virNetworkFree (networks[i]);
  }
  free (networks);
  return g_strv_builder_end (names);
}

void
hypervisor_pool_refresh (Hypervisor *hypervisor, const char *name)
{
  virStoragePoolPtr pool = virStoragePoolLookupByName (hypervisor->connection, name);
  if (!pool || virStoragePoolRefresh (pool, 0) < 0)
    p2v_warning ("The storage pool %s cannot be refreshed: %s.", name, virGetLastErrorMessage ());
  if (pool)
    virStoragePoolFree (pool);
}

gboolean
hypervisor_has_guest (Hypervisor *hypervisor, const char *name)
{
  virDomainPtr domain = virDomainLookupByName (hypervisor->connection, name);
  if (domain)
    virDomainFree (domain);
  return domain != NULL;
}

gboolean
hypervisor_has_uuid (Hypervisor *hypervisor, const char *uuid)
{
  virDomainPtr domain = virDomainLookupByUUIDString (hypervisor->connection, uuid);
  if (domain)
    virDomainFree (domain);
  return domain != NULL;
}

gboolean
hypervisor_has_network (Hypervisor *hypervisor, const char *name)
{
  virNetworkPtr network = virNetworkLookupByName (hypervisor->connection, name);
  if (network)
    virNetworkFree (network);
  return network != NULL;
}

static gboolean
guest_refused (const Hypervisor *hypervisor, GError **error)
{
  p2v_set_error (error, P2V_ERROR_TARGET,
                 "Check libvirt on the conversion server (virsh capabilities) or convert to files "
                 "with p2v.o=local.",
                 "libvirt at %s refuses the guest: %s.", hypervisor->uri,
                 virGetLastErrorMessage ());
  return FALSE;
}

/* XML without its network cards (caller frees with xmlFree). */
static xmlChar *
without_cards (const char *xml)
{
  xmlDoc *doc = xmlReadMemory (xml, (int)strlen (xml), NULL, NULL, XML_PARSE_NONET);
  xmlXPathContext *context = doc ? xmlXPathNewContext (doc) : NULL;
  xmlXPathObject *cards =
      context ? xmlXPathEvalExpression (BAD_CAST "/domain/devices/interface", context) : NULL;
  xmlChar *text = NULL;
  for (int i = 0; cards && cards->nodesetval && i < cards->nodesetval->nodeNr; i++) {
    xmlUnlinkNode (cards->nodesetval->nodeTab[i]);
    xmlFreeNode (cards->nodesetval->nodeTab[i]);
    cards->nodesetval->nodeTab[i] = NULL;
  }
  if (doc)
    xmlDocDumpMemory (doc, &text, NULL);
  xmlXPathFreeObject (cards);
  xmlXPathFreeContext (context);
  xmlFreeDoc (doc);
  return text;
}

gboolean
hypervisor_rehearse (Hypervisor *hypervisor, const char *xml, GError **error)
{
  xmlChar *plain = without_cards (xml);
  char *native = virConnectDomainXMLToNative (hypervisor->connection, "qemu-argv",
                                              plain ? (const char *)plain : xml, 0);
  xmlFree (plain);
  if (native || virGetLastErrorCode () == VIR_ERR_NO_SUPPORT) {
    free (native);
    return TRUE;
  }
  return guest_refused (hypervisor, error);
}

gboolean
hypervisor_define (Hypervisor *hypervisor, const char *xml, GError **error)
{
  virDomainPtr domain =
      virDomainDefineXMLFlags (hypervisor->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);
  if (!domain)
    return guest_refused (hypervisor, error);
  virDomainFree (domain);
  return TRUE;
}

void
hypervisor_undefine (Hypervisor *hypervisor, const char *uuid, const char *name)
{
  virDomainPtr domain = virDomainLookupByUUIDString (hypervisor->connection, uuid);
  if (!domain)
    return;
  if (g_strcmp0 (virDomainGetName (domain), name) == 0 &&
      virDomainUndefineFlags (domain, VIR_DOMAIN_UNDEFINE_NVRAM | VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
                                          VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA) < 0)
    p2v_warning ("The definition of %s cannot be removed: %s.", name, virGetLastErrorMessage ());
  virDomainFree (domain);
}
