/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
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

gboolean
inspect_boot (Guest *guest, GError **error)
{
  Job *job = guest->job;
  GuestInfo *info = job->info;
  gint bios = bios_boot_disk (guest), esp = disk_of_mount (guest, "/boot/efi");
  if (esp < 0)
    esp = disk_of_mount (guest, "/efi");
  info->uefi = job->machine->uefi;
  /* the ISO may have been started the other way than the installed system */
  if (info->uefi && esp < 0 && bios >= 0) {
    report_warning (job->report, "The physical machine was started by UEFI, but the guest is "
                                 "installed for BIOS; the virtual machine gets a BIOS.");
    info->uefi = FALSE;
  } else if (!info->uefi && esp >= 0 && bios < 0) {
    report_warning (job->report, "The physical machine was started by BIOS, but the guest is "
                                 "installed for UEFI; the virtual machine gets UEFI.");
    info->uefi = TRUE;
  }
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
