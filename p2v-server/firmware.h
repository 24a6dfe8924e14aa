/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which firmware the installed system is started by: a pure function. */
#pragma once
#include <glib.h>

typedef struct {
  gboolean started_uefi; /* the ISO was: the physical machine can do both, often */
  gboolean esp;          /* fstab mounts an EFI partition of the converted disks */
  gboolean boot_sector;  /* GRUB's code is in a first sector */
  gboolean dead_sector;  /* … but of a GPT disk without the partition that GRUB continues in */
  gboolean grub_pc, grub_efi; /* packages that install the one and the other */
} FirmwareSigns;

typedef enum {
  FIRMWARE_SURE,
  FIRMWARE_OTHER,   /* sure, and not what the ISO was started by */
  FIRMWARE_GUESSED, /* the system has both, so it is what the ISO was started by */
} FirmwareFound;

/* Sets *uefi. */
FirmwareFound firmware_choose (const FirmwareSigns *signs, gboolean *uefi);
