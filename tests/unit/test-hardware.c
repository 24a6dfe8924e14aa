/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/process.h"
#include "devices.h"
#include "smart.h"
#include <unistd.h>

/* ---- devices without a driver ---- */

static void
add_device (const char *sys, const char *slot, const char *class, const char *vendor,
            const char *device, const char *driver)
{
  const char *const names[] = {"class", "vendor", "device", "modalias"};
  g_autofree char *dir = g_build_filename (sys, "bus/pci/devices", slot, NULL);
  /* as drivers/pci/pci-sysfs.c has it; upper case */
  g_autofree char *modalias =
      g_strdup_printf ("pci:v0000%sd0000%ssv00000000sd00000000bc%.2ssc%.2si%.2s", vendor + 2,
                       device + 2, class + 2, class + 4, class + 6);
  const char *const values[] = {class, vendor, device, modalias};
  assert_int_equal (g_mkdir_with_parents (dir, 0755), 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (dir, names[i], NULL);
    assert_true (g_file_set_contents (path, values[i], -1, NULL));
  }
  g_autofree char *link = g_build_filename (dir, "driver", NULL);
  g_autofree char *target = g_strdup_printf ("../../drivers/%s", driver ? driver : "");
  if (driver)
    assert_int_equal (symlink (target, link), 0);
}

static void
test_devices (void **state)
{
  (void)state;
  g_autofree char *sys = g_dir_make_tmp ("p2v-pci.XXXXXX", NULL);
  g_autofree char *aliases = g_build_filename (sys, "modules.alias", NULL);
  g_autofree char *names = g_build_filename (sys, "pci.ids", NULL);
  assert_true (g_file_set_contents (aliases,
                                    "# Aliases\n"
                                    "alias usb:v1000p0001d*dc*dsc*dp*ic*isc*ip*in* usb-storage\n"
                                    "alias pci:v00001000d0000005Dsv*sd*bc*sc*i* megaraid_sas\n"
                                    "alias pci:v*d*sv*sd*bc01sc06i01* ahci",
                                    -1, NULL));
  assert_true (g_file_set_contents (names,
                                    "# list\n"
                                    "0e11  Compaq\n"
                                    "\tb060  Smart Array 5300\n"
                                    "\t\t0e11 4070  5300\n"
                                    "1000  Broadcom / LSI\n"
                                    "\t005d  MegaRAID SAS-3\n"
                                    "10df  Emulex\n"
                                    "C 01  Mass storage controller\n",
                                    -1, NULL));
  add_device (sys, "0000:00:1f.2", "0x010601", "0x8086", "0x2922", "ahci");
  add_device (sys, "0000:02:00.0", "0x010400", "0x1000", "0x005D", NULL); /* a module would */
  add_device (sys, "0000:02:01.0", "0x010601", "0xABCD", "0x0001", NULL); /* by its class */
  add_device (sys, "0000:01:00.0", "0x010400", "0x0E11", "0xB060", NULL);
  add_device (sys, "0000:04:00.0", "0x020000", "0x10DF", "0x0001", NULL); /* device unknown */
  add_device (sys, "0000:05:00.0", "0x0c0400", "0xFFFE", "0x0001", NULL); /* vendor unknown */
  add_device (sys, "0000:06:00.0", "0x030000", "0x1000", "0x0001", NULL); /* a display */
  g_autoptr (GPtrArray) found = devices_without_driver (sys, aliases, names);
  assert_int_equal (found->len, 3);
  const Device *array = g_ptr_array_index (found, 0), *card = g_ptr_array_index (found, 1),
               *fibre = g_ptr_array_index (found, 2);
  assert_int_equal (array->kind, DEVICE_STORAGE);
  assert_string_equal (array->slot, "0000:01:00.0");
  assert_string_equal (array->ids, "0e11:b060");
  assert_string_equal (array->name, "Compaq Smart Array 5300");
  assert_int_equal (card->kind, DEVICE_NETWORK);
  assert_string_equal (card->name, "Emulex");
  assert_int_equal (fibre->kind, DEVICE_STORAGE);
  assert_null (fibre->name);

  g_autoptr (GPtrArray) blind = devices_without_driver (sys, "/none", "/none");
  assert_int_equal (blind->len, 5);
  const char *const clean[] = {"rm", "-r", sys, NULL};
  assert_true (p2v_process_run (clean, NULL, NULL, NULL));
}

/* ---- how disks say they are ---- */

static void
test_smart (void **state)
{
  (void)state;
  static const struct {
    const char *json;
    gboolean known, failing;
    guint64 unreadable;
  } cases[] = {
      {"{\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{\"table\":["
       "{\"id\":5,\"raw\":{\"value\":3}},{\"id\":197,\"raw\":{\"value\":8}},"
       "{\"id\":198,\"raw\":{\"value\":2}}]}}",
       TRUE, FALSE, 8},
      {"{\"smart_status\":{\"passed\":false}}", TRUE, TRUE, 0},
      {"{\"smart_status\":{\"passed\":true},\"nvme_smart_health_information_log\":"
       "{\"critical_warning\":0,\"media_errors\":4}}",
       TRUE, FALSE, 4},
      {"{\"smart_status\":{\"passed\":true},\"scsi_error_counter_log\":{\"read\":"
       "{\"total_uncorrected_errors\":1}}}",
       TRUE, FALSE, 1},
      {"{\"smartctl\":{\"exit_status\":4}}", FALSE, FALSE, 0},
      {"{\"smart_status\":7,\"ata_smart_attributes\":{\"table\":[3,{\"id\":\"x\"}]}}", TRUE, FALSE,
       0},
      {"[]", FALSE, FALSE, 0},
      {"{\"smart", FALSE, FALSE, 0},
      {"", FALSE, FALSE, 0},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SmartHealth health;
    assert_int_equal (smart_parse (cases[i].json, &health), cases[i].known);
    assert_int_equal (health.failing, cases[i].failing);
    assert_true (health.unreadable == cases[i].unreadable);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_devices),
      cmocka_unit_test (test_smart),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
