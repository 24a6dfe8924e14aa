/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "firmware.h"
#include "inspect.h"
#include "mounts.h"

/* Boot code of a disk's first sector, which ends where its partition table
 * begins; GRUB's contains its own name (both generations). */
#define BOOT_CODE 440

static gboolean
has_boot_loader (Guest *guest, guint disk)
{
  size_t size = 0;
  g_autofree char *sector =
      guestfs_pread_device (guest->g, guest->devices[disk], BOOT_CODE, 0, &size);
  return sector && size == BOOT_CODE && memmem (sector, size, "GRUB", 4);
}

/* The disk of a mount; for a volume on LVM or MD the first disk below it. */
static gint
disk_of_mount (Guest *guest, const char *path)
{
  const GuestMount *mount = mounts_find (guest, path);
  return mount ? guest_device_disk (guest, mount->device) : -1;
}

/* The firmware starts the disk that carries the boot loader: with several,
 * the one with /boot on it, else the first in the client's order. */
static gint
bios_boot_disk (Guest *guest)
{
  gint boot = disk_of_mount (guest, "/boot"), found = -1;
  if (boot < 0)
    boot = disk_of_mount (guest, "/");
  for (guint i = 0; guest->devices[i]; i++) {
    if (!has_boot_loader (guest, i))
      continue;
    if (found < 0 || (gint)i == boot)
      found = (gint)i;
  }
  return found;
}

/* dpkg keeps this file of an installed package only. */
static gboolean
has_package (Guest *guest, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/var/lib/dpkg/info/%s.postinst", name);
  return guestfs_is_file (guest->g, path) == 1;
}

/* On a GPT disk GRUB's first sector goes on in a partition for it alone. */
static gboolean
is_dead_sector (Guest *guest, guint disk)
{
  static const char bios_grub[] = "21686148-6449-6E6F-744E-656564454649";
  const char *device = guest->devices[disk];
  g_autofree char *table = guestfs_part_get_parttype (guest->g, device);
  struct guestfs_partition_list *parts =
      g_strcmp0 (table, "gpt") ? NULL : guestfs_part_list (guest->g, device);
  gboolean dead = parts != NULL;
  for (guint i = 0; parts && i < parts->len; i++) {
    g_autofree char *type = guestfs_part_get_gpt_type (guest->g, device, parts->val[i].part_num);
    if (type && !g_ascii_strcasecmp (type, bios_grub))
      dead = FALSE;
  }
  guestfs_free_partition_list (parts);
  return dead;
}

static gboolean
choose_firmware (Guest *guest, gint bios, gint esp)
{
  static const char *const efi[] = {"grub-efi-amd64", "grub-efi-ia32", "grub-efi-arm64"};
  Job *job = guest->job;
  FirmwareSigns signs = {
      .started_uefi = job->machine->uefi, .esp = esp >= 0, .boot_sector = bios >= 0};
  if (signs.esp && signs.boot_sector) {
    signs.grub_pc = has_package (guest, "grub-pc");
    for (guint i = 0; i < G_N_ELEMENTS (efi); i++)
      signs.grub_efi = signs.grub_efi || has_package (guest, efi[i]);
    signs.dead_sector = signs.grub_pc == signs.grub_efi && is_dead_sector (guest, (guint)bios);
  }
  gboolean uefi;
  switch (firmware_choose (&signs, &uefi)) {
  case FIRMWARE_SURE:
    break;
  case FIRMWARE_OTHER:
    /* the ISO may have been started the other way than the installed system */
    report_warning (job->report,
                    uefi ? "The physical machine was started by BIOS, but the guest is installed "
                           "for UEFI; the virtual machine gets UEFI."
                         : "The physical machine was started by UEFI, but the guest is installed "
                           "for BIOS; the virtual machine gets a BIOS.");
    break;
  case FIRMWARE_GUESSED:
    report_warning (job->report,
                    "The guest is installed for BIOS and for UEFI; the virtual machine gets %s, by "
                    "which the ISO was started.  If it does not start, start the ISO the other way "
                    "and convert again.",
                    uefi ? "UEFI" : "a BIOS");
    break;
  }
  return uefi;
}

/* The disk of the EFI partition, -1 for none. */
static gint
esp_disk (Guest *guest)
{
  const GuestMount *mount = mounts_esp (guest);
  return mount ? guest_device_disk (guest, mount->device) : -1;
}

gboolean
inspect_boot (Guest *guest, GError **error)
{
  Job *job = guest->job;
  GuestInfo *info = job->info;
  gint bios = bios_boot_disk (guest), esp = esp_disk (guest);
  info->uefi = choose_firmware (guest, bios, esp);
  info->boot_disk = info->uefi ? esp : bios;
  if (info->boot_disk < 0)
    info->boot_disk = disk_of_mount (guest, "/boot");
  if (info->boot_disk < 0)
    info->boot_disk = disk_of_mount (guest, "/");
  if (info->boot_disk < 0 && job->disks->len == 1)
    info->boot_disk = 0;
  if (!info->uefi && bios < 0)
    report_warning (job->report, "No GRUB boot loader was found in the first sector of any disk; "
                                 "the guest may not start.");

  g_autoptr (GError) unreadable = NULL;
  g_autofree char *adjtime = guest_read (guest, "/etc/adjtime", &unreadable);
  if (unreadable) {
    g_propagate_error (error, g_steal_pointer (&unreadable));
    return FALSE;
  }
  g_auto (GStrv) lines = g_strsplit (adjtime ? adjtime : "", "\n", 4);
  info->rtc_localtime = g_strv_length (lines) > 2 && g_str_has_prefix (lines[2], "LOCAL");
  job_log (job, P2V_LOG_INFO, "The guest boots by %s from disk %d, its clock is in %s",
           info->uefi ? "UEFI" : "BIOS", info->boot_disk + 1,
           info->rtc_localtime ? "local time" : "UTC");
  return TRUE;
}
