/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's definition for libvirt: what the physical machine was, with the
 * devices that the converted guest has drivers for. */
#include <libxml/tree.h>
#include <string.h>
#include "domain-devices.h"
#include "target/target.h"

#define OSINFO_NAMESPACE "http://libosinfo.org/xmlns/libvirt/domain/1.0"

xmlNode *
domain_element (xmlNode *parent, const char *name, const char *text)
{
  if (!text)
    return xmlNewChild (parent, NULL, BAD_CAST name, NULL);
  /* Firmware strings may hold anything; XML has no control characters. */
  g_autofree char *clean = g_utf8_make_valid (text, -1);
  for (char *p = clean; *p; p++)
    if ((guchar)*p < ' ' && *p != '\n')
      *p = ' ';
  return xmlNewTextChild (parent, NULL, BAD_CAST name, BAD_CAST clean);
}

void
domain_attribute (xmlNode *element, const char *name, const char *value)
{
  if (value)
    xmlNewProp (element, BAD_CAST name, BAD_CAST value);
}

static void
add_identity (xmlNode *domain, Job *job)
{
  const P2vMachine *machine = job->machine;
  domain_element (domain, "name", machine->name);
  domain_element (domain, "uuid", job->target->uuid);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *day = g_date_time_format (now, "%Y-%m-%d");
  g_autofree char *text =
      g_strdup_printf ("%s, converted by p2v on %s (job %s) from the physical machine %s %s",
                       job->info && job->info->product_name ? job->info->product_name : "Guest",
                       day, job->id, machine->vendor ? machine->vendor : "of unknown vendor",
                       machine->product ? machine->product : "");
  domain_element (domain, "description", g_strchomp (text));
  if (!job->info || !job->info->osinfo)
    return;
  xmlNode *metadata = domain_element (domain, "metadata", NULL);
  xmlNode *osinfo = xmlNewChild (metadata, NULL, BAD_CAST "libosinfo", NULL);
  xmlNs *ns = xmlNewNs (osinfo, BAD_CAST OSINFO_NAMESPACE, BAD_CAST "libosinfo");
  xmlSetNs (osinfo, ns);
  xmlNode *os = xmlNewChild (osinfo, ns, BAD_CAST "os", NULL);
  domain_attribute (os, "id", job->info->osinfo);
}

/* TRUE when the machine's topology is known and gives its number of vCPUs:
 * libvirt refuses any other. */
static gboolean
topology_fits (const P2vMachine *machine)
{
  return machine->sockets && machine->cores && machine->threads &&
         (guint64)machine->sockets * machine->cores * machine->threads == machine->vcpus;
}

static void
add_number (xmlNode *element, const char *attribute, guint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);
  domain_attribute (element, attribute, text);
}

static void
add_processor (xmlNode *domain, Job *job)
{
  const P2vMachine *machine = job->machine;
  g_autofree char *kib = g_strdup_printf ("%" G_GUINT64_FORMAT, (machine->memory + 1023) / 1024);
  domain_attribute (domain_element (domain, "memory", kib), "unit", "KiB");
  domain_attribute (domain_element (domain, "currentMemory", kib), "unit", "KiB");
  g_autofree char *vcpus = g_strdup_printf ("%u", MAX (machine->vcpus, 1));
  domain_element (domain, "vcpu", vcpus);

  xmlNode *cpu = domain_element (domain, "cpu", NULL);
  if (machine->cpu_model) {
    /* At least what was asked for, and a similar model where the host has not that one. */
    domain_attribute (cpu, "mode", "custom");
    domain_attribute (cpu, "match", "minimum");
    domain_attribute (domain_element (cpu, "model", machine->cpu_model), "fallback", "allow");
    if (machine->cpu_vendor)
      domain_element (cpu, "vendor", machine->cpu_vendor);
  } else {
    domain_attribute (cpu, "mode", "host-model");
  }
  if (topology_fits (machine)) {
    xmlNode *topology = domain_element (cpu, "topology", NULL);
    add_number (topology, "sockets", machine->sockets);
    add_number (topology, "cores", machine->cores);
    add_number (topology, "threads", machine->threads);
  } else if (machine->sockets) {
    report_warning (job->report,
                    "The topology of %u sockets, %u cores, %u threads does not give %u vCPUs and "
                    "is left to the hypervisor.",
                    machine->sockets, machine->cores, machine->threads, machine->vcpus);
  }
}

static gboolean
is_uefi (const Job *job)
{
  return job->info ? job->info->uefi : job->machine->uefi;
}

static void
add_firmware (xmlNode *domain, const Job *job, gboolean q35)
{
  xmlNode *os = domain_element (domain, "os", NULL);
  const char *arch = job->info && job->info->arch ? job->info->arch : "x86_64";
  /* A 32-bit guest runs on the 64-bit processor that its machine had as well. */
  if (g_str_has_prefix (arch, "i") && g_str_has_suffix (arch, "86"))
    arch = "x86_64";
  xmlNode *type = domain_element (os, "type", "hvm");
  domain_attribute (type, "arch", arch);
  domain_attribute (type, "machine", q35 ? "q35" : "pc");
  if (!is_uefi (job))
    return;
  domain_attribute (os, "firmware", "efi");
  xmlNode *firmware = domain_element (os, "firmware", NULL);
  xmlNode *feature = domain_element (firmware, "feature", NULL);
  domain_attribute (feature, "enabled", job->machine->secure_boot ? "yes" : "no");
  domain_attribute (feature, "name", "secure-boot");
  if (job->machine->secure_boot) {
    feature = domain_element (firmware, "feature", NULL);
    domain_attribute (feature, "enabled", "yes");
    domain_attribute (feature, "name", "enrolled-keys");
  }
}

static void
add_features (xmlNode *domain, const Job *job)
{
  const P2vMachine *machine = job->machine;
  xmlNode *features = domain_element (domain, "features", NULL);
  /* UEFI on x86 cannot do without ACPI, whatever the old machine was told. */
  if (machine->acpi || is_uefi (job))
    domain_element (features, "acpi", NULL);
  if (machine->apic)
    domain_element (features, "apic", NULL);
  if (machine->pae)
    domain_element (features, "pae", NULL);
  if (is_uefi (job) && machine->secure_boot)
    domain_attribute (domain_element (features, "smm", NULL), "state", "on");
}

static void
add_timer (xmlNode *clock, const char *name, const char *policy, const char *present)
{
  xmlNode *timer = domain_element (clock, "timer", NULL);
  domain_attribute (timer, "name", name);
  domain_attribute (timer, "tickpolicy", policy);
  domain_attribute (timer, "present", present);
}

/* What the guest itself believes of its hardware clock wins; the machine's
 * setting counts where that says local time or the clock was off. */
static void
add_clock (xmlNode *domain, const Job *job)
{
  const P2vMachine *machine = job->machine;
  gboolean local =
      (job->info && job->info->rtc_localtime) || g_strcmp0 (machine->rtc_basis, "localtime") == 0;
  const char *basis = local ? "localtime" : "utc";
  xmlNode *clock = domain_element (domain, "clock", NULL);
  if (machine->rtc_offset) {
    g_autofree char *seconds = g_strdup_printf ("%d", machine->rtc_offset);
    domain_attribute (clock, "offset", "variable");
    domain_attribute (clock, "adjustment", seconds);
    domain_attribute (clock, "basis", basis);
  } else {
    domain_attribute (clock, "offset", basis);
  }
  /* The timers that management tools give to every x86 guest: late ticks are
   * made up for, and the slow HPET is not there. */
  add_timer (clock, "rtc", "catchup", NULL);
  add_timer (clock, "pit", "delay", NULL);
  add_timer (clock, "hpet", NULL, "no");
}

char *
domain_xml (Job *job, GError **error)
{
  gboolean q35 = !job->info || job->info->q35;
  if (is_uefi (job) && !q35) {
    p2v_set_error (error, P2V_ERROR_GUEST, NULL,
                   "The guest boots by UEFI and needs the older machine type, which cannot be "
                   "combined.");
    return NULL;
  }
  xmlDoc *doc = xmlNewDoc (BAD_CAST "1.0");
  xmlNode *domain = xmlNewNode (NULL, BAD_CAST "domain");
  xmlDocSetRootElement (doc, domain);
  domain_attribute (domain, "type", job->target->domain_type);
  add_identity (domain, job);
  add_processor (domain, job);
  add_firmware (domain, job, q35);
  add_features (domain, job);
  add_clock (domain, job);
  domain_element (domain, "on_poweroff", "destroy");
  domain_element (domain, "on_reboot", "restart");
  domain_element (domain, "on_crash", "restart");
  domain_add_devices (domain, job, q35);

  xmlChar *text = NULL;
  int length = 0;
  xmlDocDumpFormatMemoryEnc (doc, &text, &length, "UTF-8", 1);
  xmlFreeDoc (doc);
  char *copy = g_strndup ((const char *)text, (gsize)length);
  xmlFree (text);
  return copy;
}
