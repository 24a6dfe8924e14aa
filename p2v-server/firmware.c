/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"

FirmwareFound
firmware_choose (const FirmwareSigns *signs, gboolean *uefi)
{
  gboolean both = signs->esp && signs->boot_sector;
  *uefi = signs->started_uefi;
  if (signs->esp != signs->boot_sector)
    *uefi = signs->esp;
  else if (both && signs->grub_pc != signs->grub_efi)
    *uefi = signs->grub_efi; /* the other is left over from an earlier installation */
  else if (both && signs->dead_sector)
    *uefi = TRUE;
  else
    return both ? FIRMWARE_GUESSED : FIRMWARE_SURE;
  return *uefi == signs->started_uefi ? FIRMWARE_SURE : FIRMWARE_OTHER;
}
