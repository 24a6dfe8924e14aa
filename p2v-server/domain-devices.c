/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain-devices.h"
#include <string.h>
#include "target/target.h"

/* What virtio-blk hands to the guest (VIRTIO_BLK_ID_BYTES). */
#define SERIAL_LENGTH 20

/* Ports of the SATA and IDE controllers that a guest gets by itself. */
#define SATA_PORTS 6
#define IDE_PORTS  4

typedef struct {
  Job *job;
  xmlNode *devices;
  gboolean q35;
  guint n_ata; /* ports taken on the SATA or IDE controller */
} Builder;

static gboolean
has_driver (const Builder *builder, gsize member)
{
  return !builder->job->info || G_STRUCT_MEMBER (gboolean, builder->job->info, member);
}

#define HAS(builder, driver) has_driver (builder, G_STRUCT_OFFSET (GuestInfo, driver))

/* "vda" for index 0, "vdaa" for 26 (caller frees). */
static char *
device_name (const char *prefix, guint index)
{
  g_autoptr (GString) name = g_string_new (NULL);
  for (guint n = index + 1; n > 0; n = (n - 1) / 26)
    g_string_prepend_c (name, (char)('a' + (n - 1) % 26));
  return g_strconcat (prefix, name->str, NULL);
}

/* The serial number as libvirt and QEMU accept it, or NULL (caller frees). */
static char *
clean_serial (const char *serial)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  for (const char *p = serial ? serial : ""; *p && clean->len < SERIAL_LENGTH; p++)
    if (g_ascii_isalnum (*p) || strchr ("_.-", *p))
      g_string_append_c (clean, *p);
  return clean->len ? g_string_free (g_steal_pointer (&clean), FALSE) : NULL;
}

static void
add_block_sizes (Builder *builder, xmlNode *node, const P2vDisk *source, gboolean virtio)
{
  guint32 logical = source->logical_block_size ? source->logical_block_size : 512;
  guint32 physical = MAX (source->physical_block_size, logical);
  if (logical == 512 && physical == 512)
    return;
  if (!virtio && logical != 512) {
    report_warning (builder->job->report,
                    "%s has sectors of %u bytes; without a virtio driver the guest gets sectors of "
                    "512 bytes and may not find its partitions.",
                    source->device, logical);
    return;
  }
  xmlNode *blockio = domain_element (node, "blockio", NULL);
  g_autofree char *logical_text = g_strdup_printf ("%u", logical);
  g_autofree char *physical_text = g_strdup_printf ("%u", physical);
  domain_attribute (blockio, "logical_block_size", logical_text);
  domain_attribute (blockio, "physical_block_size", physical_text);
}

guint
domain_boot_order (const Job *job, guint index)
{
  gint boot = job->info ? job->info->boot_disk : -1;
  if (boot < 0 || (guint)boot >= job->disks->len)
    return index + 1;
  if (index == (guint)boot)
    return 1;
  return index < (guint)boot ? index + 2 : index + 1;
}

static xmlNode *
new_drive (Builder *builder, const char *kind)
{
  xmlNode *node = domain_element (builder->devices, "disk", NULL);
  domain_attribute (node, "type", "file");
  domain_attribute (node, "device", kind);
  return node;
}

static void
add_drive_target (Builder *builder, xmlNode *node, const char *bus, guint index)
{
  const char *prefix = g_str_equal (bus, "virtio") ? "vd" : g_str_equal (bus, "ide") ? "hd" : "sd";
  g_autofree char *name = device_name (prefix, index);
  xmlNode *target = domain_element (node, "target", NULL);
  domain_attribute (target, "dev", name);
  domain_attribute (target, "bus", bus);
  if (!g_str_equal (bus, "virtio"))
    builder->n_ata++;
}

static void
add_disk (Builder *builder, const JobDisk *disk)
{
  const Target *target = builder->job->target;
  gboolean virtio = HAS (builder, virtio_blk);
  xmlNode *node = new_drive (builder, "disk");
  xmlNode *driver = domain_element (node, "driver", NULL);
  domain_attribute (driver, "name", "qemu");
  domain_attribute (driver, "type", target->format);
  /* What the guest frees goes back to the storage, unless it was reserved on purpose. */
  if (!target->preallocated)
    domain_attribute (driver, "discard", "unmap");
  domain_attribute (domain_element (node, "source", NULL), "file", disk->target_path);
  add_block_sizes (builder, node, disk->source, virtio);
  if (virtio)
    add_drive_target (builder, node, "virtio", disk->index);
  else
    add_drive_target (builder, node, builder->q35 ? "sata" : "ide", builder->n_ata);
  g_autofree char *serial = clean_serial (disk->source->serial);
  if (serial)
    domain_element (node, "serial", serial);
  g_autofree char *order = g_strdup_printf ("%u", domain_boot_order (builder->job, disk->index));
  domain_attribute (domain_element (node, "boot", NULL), "order", order);
}

static void
add_cdroms (Builder *builder)
{
  const GPtrArray *removable = builder->job->machine->removable;
  for (guint i = 0; i < removable->len; i++) {
    const char *name = g_ptr_array_index (removable, i);
    if (!g_str_has_prefix (name, "sr"))
      continue;
    if (builder->n_ata >= (builder->q35 ? SATA_PORTS : IDE_PORTS)) {
      report_warning (builder->job->report, "There is no port left for the CD drive %s.", name);
      continue;
    }
    xmlNode *node = new_drive (builder, "cdrom");
    add_drive_target (builder, node, builder->q35 ? "sata" : "ide", builder->n_ata);
    domain_element (node, "readonly", NULL);
  }
}

static gboolean
mac_usable (const char *mac)
{
  /* Six bytes; libvirt refuses group addresses (lowest bit of the first). */
  return mac && g_regex_match_simple ("^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$", mac, 0, 0) &&
         !g_str_equal (mac, "00:00:00:00:00:00");
}

static void
add_nic (Builder *builder, const P2vNic *nic)
{
  const char *network = nic->network && *nic->network ? nic->network : "default";
  gboolean bridge = g_str_has_prefix (network, "bridge:");
  xmlNode *node = domain_element (builder->devices, "interface", NULL);
  domain_attribute (node, "type", bridge ? "bridge" : "network");
  if (mac_usable (nic->mac))
    domain_attribute (domain_element (node, "mac", NULL), "address", nic->mac);
  else
    report_warning (builder->job->report, "The card %s has no address that a guest can have (%s).",
                    nic->name, nic->mac ? nic->mac : "none");
  domain_attribute (domain_element (node, "source", NULL), bridge ? "bridge" : "network",
                    bridge ? network + strlen ("bridge:") : network);
  domain_attribute (domain_element (node, "model", NULL), "type",
                    HAS (builder, virtio_net) ? "virtio" : (builder->q35 ? "e1000e" : "e1000"));
}

static void
add_agent (Builder *builder)
{
  xmlNode *channel = domain_element (builder->devices, "channel", NULL);
  domain_attribute (channel, "type", "unix");
  xmlNode *target = domain_element (channel, "target", NULL);
  domain_attribute (target, "type", "virtio");
  domain_attribute (target, "name", "org.qemu.guest_agent.0");
}

static void
add_consoles (Builder *builder)
{
  xmlNode *serial = domain_element (builder->devices, "serial", NULL);
  domain_attribute (serial, "type", "pty");
  domain_attribute (domain_element (serial, "target", NULL), "port", "0");
  xmlNode *console = domain_element (builder->devices, "console", NULL);
  domain_attribute (console, "type", "pty");
  xmlNode *target = domain_element (console, "target", NULL);
  domain_attribute (target, "type", "serial");
  domain_attribute (target, "port", "0");
}

static void
add_display (Builder *builder)
{
  xmlNode *input = domain_element (builder->devices, "input", NULL);
  domain_attribute (input, "type", "tablet");
  domain_attribute (input, "bus", "usb");
  xmlNode *graphics = domain_element (builder->devices, "graphics", NULL);
  domain_attribute (graphics, "type", "vnc");
  domain_attribute (graphics, "autoport", "yes");
  xmlNode *video = domain_element (builder->devices, "video", NULL);
  domain_attribute (domain_element (video, "model", NULL), "type",
                    HAS (builder, virtio_gpu) ? "virtio" : "vga");
}

static void
add_entropy_and_balloon (Builder *builder)
{
  if (HAS (builder, virtio_rng)) {
    xmlNode *rng = domain_element (builder->devices, "rng", NULL);
    domain_attribute (rng, "model", "virtio");
    domain_attribute (domain_element (rng, "backend", "/dev/urandom"), "model", "random");
  }
  domain_attribute (domain_element (builder->devices, "memballoon", NULL), "model",
                    HAS (builder, virtio_balloon) ? "virtio" : "none");
}

/* A new, empty TPM 2.0 for a machine that had one, where it can be emulated:
 * what was sealed into the old one stays in the old machine. */
static void
add_tpm (Builder *builder)
{
  if (!builder->job->machine->tpm)
    return;
  if (!builder->job->target->tpm || !builder->q35) {
    report_warning (builder->job->report,
                    "The physical machine has a TPM, the guest gets none: there is no swtpm on the "
                    "conversion server.");
    return;
  }
  report_warning (builder->job->report,
                  "The guest gets a new, empty TPM: keys that were sealed into the physical "
                  "machine's TPM are not in it.");
  xmlNode *tpm = domain_element (builder->devices, "tpm", NULL);
  domain_attribute (tpm, "model", "tpm-crb");
  xmlNode *backend = domain_element (tpm, "backend", NULL);
  domain_attribute (backend, "type", "emulator");
  domain_attribute (backend, "version", "2.0");
}

void
domain_add_devices (xmlNode *domain, Job *job, gboolean q35)
{
  Builder builder = {.job = job, .q35 = q35};
  builder.devices = domain_element (domain, "devices", NULL);
  for (guint i = 0; i < job->disks->len; i++)
    add_disk (&builder, g_ptr_array_index (job->disks, i));
  add_cdroms (&builder);
  for (guint i = 0; i < job->machine->nics->len; i++)
    add_nic (&builder, g_ptr_array_index (job->machine->nics, i));
  add_consoles (&builder);
  add_agent (&builder);
  add_display (&builder);
  add_entropy_and_balloon (&builder);
  add_tpm (&builder);
}
