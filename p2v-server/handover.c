/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"
#include "domain-devices.h"
#include "target/files.h"
#include "target/target.h"

/* FILE as the value of an option of QEMU: a comma ends a value unless it
 * stands twice (caller frees). */
static char *
option_value (const char *file)
{
  g_autoptr (GString) value = g_string_new (file);
  g_string_replace (value, ",", ",,", 0);
  return g_string_free (g_steal_pointer (&value), FALSE);
}

static void
add_argument (GString *command, const char *option, const char *value)
{
  g_autofree char *quoted = g_shell_quote (value);
  g_string_append_printf (command, " %s %s", option, quoted);
}

static void
add_disk (GString *command, const Job *job, const JobDisk *disk)
{
  g_autofree char *file = option_value (disk->target_path);
  g_autofree char *drive =
      g_strdup_printf ("file=%s,format=%s,discard=unmap", file, job->target->format);
  if (job->info && !job->info->virtio_blk) {
    g_autofree char *ide = g_strconcat (drive, ",if=ide", NULL);
    add_argument (command, "-drive", ide);
    return;
  }
  g_autofree char *blocks = g_strdup_printf ("%s,if=none,id=d%u", drive, disk->index);
  add_argument (command, "-drive", blocks);
  guint32 logical = MAX (disk->source->logical_block_size, 512);
  g_autofree char *device = g_strdup_printf (
      "virtio-blk-pci,drive=d%u,bootindex=%u,logical_block_size=%u,physical_block_size=%u",
      disk->index, domain_boot_order (job, disk->index), logical,
      MAX (disk->source->physical_block_size, logical));
  add_argument (command, "-device", device);
}

char *
handover_qemu_command (const Job *job)
{
  const P2vMachine *machine = job->machine;
  const GuestInfo *info = job->info;
  gboolean q35 = !info || info->q35, virtio_net = !info || info->virtio_net;
  g_autoptr (GString) command = g_string_new ("qemu-system-x86_64");
  g_string_append_printf (command,
                          " -machine %s,accel=kvm:tcg -cpu max -smp %u -m %" G_GUINT64_FORMAT "M",
                          q35 ? "q35" : "pc", machine->vcpus, machine->memory >> 20);
  if (info ? info->uefi : machine->uefi)
    g_string_append (command, " -bios /usr/share/ovmf/OVMF.fd");
  for (guint i = 0; i < job->disks->len; i++)
    add_disk (command, job, g_ptr_array_index (job->disks, i));
  for (guint i = 0; i < machine->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (machine->nics, i);
    g_autofree char *card =
        g_strdup_printf ("user,model=%s%s%s", virtio_net ? "virtio-net-pci" : "e1000",
                         nic->mac ? ",mac=" : "", nic->mac ? nic->mac : "");
    add_argument (command, "-nic", card);
  }
  return g_string_free (g_steal_pointer (&command), FALSE);
}

static void
report_live (Job *job)
{
  gboolean defined = job->target->ops->register_guest != NULL;
  g_autoptr (GString) text = g_string_new (
      "1. Switch the physical machine off and keep it off: guest and machine have the same "
      "addresses, so never let both run on one network.\n");
  g_autofree char *xml = g_shell_quote (target_files_xml (job->target->files));
  g_autofree char *name = g_shell_quote (job->machine->name);
  g_autofree char *uri = g_shell_quote (target_connection (job));
  if (defined) {
    g_string_append_printf (text, "2. Start the guest: virsh -c %s start %s\n", uri, name);
  } else {
    g_string_append_printf (text, "2. Define the guest: virsh -c %s define %s\n", uri, xml);
    g_string_append_printf (text, "   and start it: virsh -c %s start %s\n", uri, name);
  }
  g_autofree char *qemu = handover_qemu_command (job);
  g_string_append_printf (text, "   Or try it without libvirt, on a network of its own: %s\n",
                          qemu);
  g_string_append_printf (text,
                          "3. When it does its work, let it start with the conversion server: "
                          "virsh -c %s autostart %s",
                          uri, name);
  report_text (job->report, "how_to_go_live", text->str);
}

static void
report_back (Job *job)
{
  g_autofree char *name = g_shell_quote (job->machine->name);
  g_autofree char *uri = g_shell_quote (target_connection (job));
  g_autofree char *text = g_strdup_printf (
      "1. Shut the guest down: virsh -c %s shutdown %s\n"
      "2. Boot the physical machine from its own disks: nothing was written to them.\n"
      "What the guest has stored since it went live is only in the guest.",
      uri, name);
  report_text (job->report, "how_to_go_back", text);
}

static void
report_result (Job *job)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    g_string_append_printf (text, "%s (%s, was %s)\n", disk->target_path, job->target->format,
                            disk->source->device);
    g_string_append_printf (text, "%s.p2v-digests (digests of its pieces)\n", disk->target_path);
  }
  g_string_append_printf (text, "%s (definition for libvirt)",
                          target_files_xml (job->target->files));
  report_text (job->report, "result", text->str);
}

void
handover_report (Job *job)
{
  report_result (job);
  report_live (job);
  report_back (job);
}
