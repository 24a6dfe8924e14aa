/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which firmware the virtual machine gets. */
#include "unit.h"
#include "p2v-server/firmware.h"

static void
check (FirmwareSigns signs, FirmwareFound found, gboolean uefi)
{
  gboolean result;
  assert_int_equal (firmware_choose (&signs, &result), found);
  assert_int_equal (result, uefi);
}

static void
test_one (void **state G_GNUC_UNUSED)
{
  check ((FirmwareSigns){.started_uefi = TRUE, .esp = TRUE}, FIRMWARE_SURE, TRUE);
  check ((FirmwareSigns){.boot_sector = TRUE}, FIRMWARE_SURE, FALSE);
  check ((FirmwareSigns){.esp = TRUE}, FIRMWARE_OTHER, TRUE);
  check ((FirmwareSigns){.started_uefi = TRUE, .boot_sector = TRUE}, FIRMWARE_OTHER, FALSE);
}

static void
test_none (void **state G_GNUC_UNUSED)
{
  check ((FirmwareSigns){.started_uefi = TRUE}, FIRMWARE_SURE, TRUE);
  check ((FirmwareSigns){0}, FIRMWARE_SURE, FALSE);
}

static void
test_both (void **state G_GNUC_UNUSED)
{
  FirmwareSigns both = {.esp = TRUE, .boot_sector = TRUE};
  check (both, FIRMWARE_GUESSED, FALSE);
  both.grub_efi = TRUE;
  check (both, FIRMWARE_OTHER, TRUE);
  both.grub_pc = TRUE; /* as cloud images */
  check (both, FIRMWARE_GUESSED, FALSE);
  both.dead_sector = TRUE;
  check (both, FIRMWARE_OTHER, TRUE);
  both.grub_efi = FALSE;
  check (both, FIRMWARE_SURE, FALSE);
  both.started_uefi = TRUE;
  check (both, FIRMWARE_OTHER, FALSE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_one),
      cmocka_unit_test (test_none),
      cmocka_unit_test (test_both),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
