/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of block devices in a guest's files, and where they point. */
#include "unit.h"
#include "p2v-server/convert/linux/device-name.h"

static void
add_disk (P2vMachine *machine, const char *device, const char *serial, const char *wwn)
{
  P2vDisk *disk = p2v_disk_new ();
  disk->device = g_strdup (device);
  disk->serial = g_strdup (serial);
  disk->wwn = g_strdup (wwn);
  g_ptr_array_add (machine->disks, disk);
}

static P2vMachine *
three_disks (void)
{
  P2vMachine *machine = p2v_machine_new ();
  add_disk (machine, "/dev/sdb", "WD-1234", "0x5000c500a1b2c3d4");
  add_disk (machine, "/dev/nvme0n1", "S4EWNX0R", NULL);
  add_disk (machine, "/dev/sda", "1", NULL);
  P2vDisk *first = g_ptr_array_index (machine->disks, 0);
  g_ptr_array_add (first->links, g_strdup ("/dev/disk/by-path/pci-0000:00:1f.2-ata-1 /dev/sdb"));
  g_ptr_array_add (first->links,
                   g_strdup ("/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part2 /dev/sdb2"));
  return machine;
}

static void
check (const P2vMachine *machine, const char *name, guint disk, guint part, gboolean guessed)
{
  DevicePlace place;
  if (!device_name_locate (machine, NULL, name, &place))
    fail_msg ("%s was not found", name);
  if (place.disk != disk || place.part != part || place.guessed != guessed)
    fail_msg ("%s is at %u:%u%s", name, place.disk, place.part, place.guessed ? " guessed" : "");
}

static void
test_kernel_names (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) machine = three_disks ();
  DevicePlace place;
  check (machine, "/dev/sdb", 0, 0, TRUE);
  check (machine, "/dev/sdb12", 0, 12, TRUE);
  check (machine, "/dev/sda1", 2, 1, TRUE);
  check (machine, "/dev/nvme0n1p3", 1, 3, TRUE);
  assert_false (device_name_locate (machine, NULL, "/dev/sdc1", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/sdbb1", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/nvme0n13", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/sdb1x", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/sr0", &place));
  assert_false (device_name_locate (machine, NULL, "", &place));
}

static void
test_links (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) machine = three_disks ();
  DevicePlace place;
  check (machine, "/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part2", 0, 2, FALSE);
  check (machine, "/dev/disk/by-path/pci-0000:00:1f.2-ata-1", 0, 0, FALSE);
  assert_false (
      device_name_locate (machine, NULL, "/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part9", &place));
  /* another udev's spelling: serial and WWN decide */
  check (machine, "/dev/disk/by-id/ata-WDC_WD10_WD-1234-part5", 0, 5, FALSE);
  check (machine, "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4-part1", 0, 1, FALSE);
  check (machine, "/dev/disk/by-id/scsi-35000c500a1b2c3d4-part1", 0, 1, FALSE);
  check (machine, "/dev/disk/by-id/nvme-Samsung_SSD_S4EWNX0R-part2", 1, 2, FALSE);
  /* a serial number that is part of a longer word, or no serial number at all */
  assert_false (device_name_locate (machine, NULL, "/dev/disk/by-id/ata-XWD-1234567", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/disk/by-id/ata-model_1", &place));
}

static void
test_same_serial (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) machine = p2v_machine_new ();
  DevicePlace place;
  add_disk (machine, "/dev/sda", "SAME1234", NULL);
  add_disk (machine, "/dev/sdb", "SAME1234", NULL);
  assert_false (device_name_locate (machine, NULL, "/dev/disk/by-id/ata-X_SAME1234-part1", &place));
}

static void
test_other_drivers (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) machine = p2v_machine_new ();
  DevicePlace place;
  add_disk (machine, "/dev/sda", NULL, NULL);
  add_disk (machine, "/dev/sdb", NULL, NULL);
  check (machine, "/dev/hdb3", 1, 3, TRUE);
  check (machine, "/dev/cciss/c0d1p2", 1, 2, TRUE);
  check (machine, "/dev/cciss/c0d0", 0, 0, TRUE);
  check (machine, "/dev/nvme1n1p1", 1, 1, TRUE);
  assert_false (device_name_locate (machine, NULL, "/dev/hdc1", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/hdzzzzzz1", &place));
  assert_false (device_name_locate (machine, NULL, "/dev/sdc1", &place));
}

static void
test_kinds (void **state G_GNUC_UNUSED)
{
  static const char *const hardware[] = {"/dev/sda1",
                                         "/dev/hda",
                                         "/dev/nvme0n1p1",
                                         "/dev/mmcblk0p2",
                                         "/dev/cciss/c0d0p1",
                                         "/dev/disk/by-id/ata-X",
                                         "/dev/disk/by-path/pci-0",
                                         "/dev/vda1"};
  static const char *const stable[] = {"UUID=1",
                                       "/dev/mapper/vg-root",
                                       "/dev/vg/root",
                                       "/dev/md0",
                                       "/dev/disk/by-uuid/1",
                                       "/dev/disk/by-label/x",
                                       "/dev/sr0",
                                       "/dev/disk/by-id/dm-name-vg-root",
                                       "/dev/sdp_vg/root",
                                       "proc",
                                       "/dev/disk/by-partuuid/1",
                                       "/dev/cdrom",
                                       ""};
  for (guint i = 0; i < G_N_ELEMENTS (hardware); i++)
    if (!device_name_is_hardware (hardware[i]))
      fail_msg ("%s", hardware[i]);
  for (guint i = 0; i < G_N_ELEMENTS (stable); i++)
    if (device_name_is_hardware (stable[i]))
      fail_msg ("%s", stable[i]);
}

static void
test_lv (void **state G_GNUC_UNUSED)
{
  g_autofree char *plain = device_name_lv ("/dev/mapper/vg-root");
  g_autofree char *dashes = device_name_lv ("/dev/mapper/my--vg-my--root");
  g_autofree char *by_id = device_name_lv ("/dev/disk/by-id/dm-name-vg-swap");
  assert_string_equal (plain, "/dev/vg/root");
  assert_string_equal (dashes, "/dev/my-vg/my-root");
  assert_string_equal (by_id, "/dev/vg/swap");
  assert_null (device_name_lv ("/dev/mapper/sda3_crypt"));
  assert_null (device_name_lv ("/dev/sda1"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_kernel_names), cmocka_unit_test (test_links),
      cmocka_unit_test (test_same_serial),  cmocka_unit_test (test_other_drivers),
      cmocka_unit_test (test_kinds),        cmocka_unit_test (test_lv),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
